package io.mandate.election.guard.http;

/** What an operation wants next. */
sealed interface Step<R> {
    /** Wait so long, then ask the server. */
    record Send<R>(ObjectRequest request, long pauseNanos) implements Step<R> {}

    /** It is over. */
    record Done<R>(R result) implements Step<R> {}
}

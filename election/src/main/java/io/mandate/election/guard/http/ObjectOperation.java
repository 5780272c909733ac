package io.mandate.election.guard.http;

import java.util.Optional;

/**
 * Decides what to ask the server and what its answers mean; somebody else sends and waits. A failure is thrown.
 * Confined to one thread at a time.
 */
interface ObjectOperation<R> {
    Step<R> begin(long nowNanos);

    Step<R> next(Reply reply, long nowNanos);

    /** What to throw if the operation is given up now; empty if it certainly wrote nothing. */
    Optional<OutcomeUnknownException> givenUp();
}

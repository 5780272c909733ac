package io.mandate.election.guard.jdbc;

import io.mandate.election.Term;
import io.mandate.election.TermEndedException;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** A term that lasts until it is told otherwise. */
final class FixedTerm implements Term {
    private final String election;
    private final long token;
    private final CompletableFuture<TermEnd> ended = new CompletableFuture<>();

    FixedTerm(String election, long token) {
        this.election = election;
        this.token = token;
    }

    static FixedTerm of(long token) {
        return new FixedTerm("billing", token);
    }

    void end(TermEnd why) {
        ended.complete(why);
    }

    @Override
    public String election() {
        return election;
    }

    @Override
    public String candidate() {
        return "host-" + token;
    }

    @Override
    public long token() {
        return token;
    }

    @Override
    public Duration remaining() {
        return ended.isDone() ? Duration.ZERO : Duration.ofDays(1);
    }

    @Override
    public Instant deadline() {
        return Instant.EPOCH.plus(remaining());
    }

    @Override
    public void requireValid(Duration margin) {
        if (ended.isDone()) {
            throw new TermEndedException("term " + token + " is over: " + ended.join(), ended.join());
        }
    }

    @Override
    public CompletableFuture<TermEnd> ended() {
        return ended.copy();
    }

    @Override
    public CompletableFuture<Void> resignRequested() {
        return new CompletableFuture<>();
    }

    @Override
    public void superseded(long largerToken) {
        end(TermEnd.SUPERSEDED);
    }
}

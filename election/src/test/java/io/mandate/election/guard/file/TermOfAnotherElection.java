package io.mandate.election.guard.file;

import io.mandate.election.Term;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** Always valid, by its own account. */
record TermOfAnotherElection(long token) implements Term {
    @Override
    public String election() {
        return "another";
    }

    @Override
    public String candidate() {
        return "somebody";
    }

    @Override
    public Duration remaining() {
        return Duration.ofHours(1);
    }

    @Override
    public Instant deadline() {
        return Instant.EPOCH;
    }

    @Override
    public void requireValid(Duration margin) {}

    @Override
    public CompletableFuture<TermEnd> ended() {
        return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> resignRequested() {
        return new CompletableFuture<>();
    }

    @Override
    public void superseded() {}
}

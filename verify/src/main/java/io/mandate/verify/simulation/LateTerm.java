package io.mandate.verify.simulation;

import io.mandate.election.Term;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A term as a process knows it that was stopped after its last look: whatever has become of it, it looks valid, and
 * only the guard can tell.
 */
record LateTerm(String election, long token) implements Term {
    @Override
    public String candidate() {
        return "late";
    }

    @Override
    public Duration remaining() {
        return Duration.ofHours(1);
    }

    @Override
    public Instant deadline() {
        return Instant.MAX;
    }

    @Override
    public void requireValid(Duration margin) {
        // It was, when its holder looked.
    }

    @Override
    public CompletableFuture<TermEnd> ended() {
        return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> resignRequested() {
        return new CompletableFuture<>();
    }

    @Override
    public void superseded() {
        // Its holder hears of that when it is too late.
    }
}

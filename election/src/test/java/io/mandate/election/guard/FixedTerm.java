package io.mandate.election.guard;

import io.mandate.election.Term;
import io.mandate.election.TermEndedException;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** A term whose holder does not know better: it is valid until a guard ends it, like that of a leader that was paused after its last look at the deadline. */
public final class FixedTerm implements Term {
    private final long token;
    private final CompletableFuture<TermEnd> ended = new CompletableFuture<>();

    public FixedTerm(long token) {
        this.token = token;
    }

    @Override
    public String election() {
        return "test";
    }

    @Override
    public String candidate() {
        return "candidate-" + token;
    }

    @Override
    public long token() {
        return token;
    }

    @Override
    public Duration remaining() {
        return ended.isDone() ? Duration.ZERO : Duration.ofHours(1);
    }

    @Override
    public Instant deadline() {
        return Instant.EPOCH;
    }

    @Override
    public void requireValid(Duration margin) {
        if (ended.isDone()) {
            throw new TermEndedException("term " + token + " is over", ended.join());
        }
    }

    @Override
    public CompletableFuture<TermEnd> ended() {
        return ended;
    }

    @Override
    public CompletableFuture<Void> resignRequested() {
        return new CompletableFuture<>();
    }

    @Override
    public void superseded(long largerToken) {
        ended.complete(TermEnd.SUPERSEDED);
    }
}

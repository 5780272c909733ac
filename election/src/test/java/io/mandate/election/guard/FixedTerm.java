package io.mandate.election.guard;

import io.mandate.election.Term;
import io.mandate.election.TermEndedException;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A term whose holder does not know better: it is valid until a guard ends it, like that of a leader that was paused
 * after its last look at the deadline.
 */
public final class FixedTerm implements Term {
    private final String election;
    private final long token;
    private final CompletableFuture<TermEnd> ended = new CompletableFuture<>();

    public FixedTerm(long token) {
        this("billing", token);
    }

    public FixedTerm(String election, long token) {
        this.election = election;
        this.token = token;
    }

    public void end(TermEnd why) {
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
    public void superseded() {
        end(TermEnd.SUPERSEDED);
    }
}

package io.mandate.election.guard;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.internal.TermAccess;
import io.mandate.election.internal.TermState;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A term whose holder does not know better: it is valid until a guard ends it, like that of a leader that was paused
 * after its last look at the deadline.
 */
public final class FixedTerm implements TermState {
    private final String election;
    private final long token;
    private final CompletableFuture<TermEnd> ended = new CompletableFuture<>();

    public static Term of(long token) {
        return of("billing", token);
    }

    public static Term of(String election, long token) {
        return TermAccess.of(new FixedTerm(election, token));
    }

    /** Ends a term that {@link #of} made. */
    public static void end(Term term, TermEnd why) {
        ((FixedTerm) TermAccess.stateOf(term)).ended.complete(why);
    }

    private FixedTerm(String election, long token) {
        this.election = election;
        this.token = token;
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
        ended.complete(TermEnd.SUPERSEDED);
    }
}

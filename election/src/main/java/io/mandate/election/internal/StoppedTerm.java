package io.mandate.election.internal;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A term as its holder sees it that was stopped after its last look at the deadline: always valid, until a guard
 * refuses its token. For tests and demonstrations of guards. Thread-safe.
 */
public final class StoppedTerm implements TermState {
    private final String election;
    private final String candidate;
    private final long token;
    private final CompletableFuture<TermEnd> ended = new CompletableFuture<>();

    private StoppedTerm(String election, String candidate, long token) {
        this.election = election;
        this.candidate = candidate;
        this.token = token;
    }

    /** A term that no store knows of. */
    public static Term of(String election, String candidate, long token) {
        return TermAccess.of(new StoppedTerm(election, candidate, token));
    }

    /** This term as a holder sees it that is stopped now. */
    public static Term of(Term term) {
        return of(term.election(), term.candidate(), term.token());
    }

    @Override
    public String election() {
        return election;
    }

    @Override
    public String candidate() {
        return candidate;
    }

    @Override
    public long token() {
        return token;
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
        // It was valid at the last look.
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

    @Override
    public String toString() {
        return "term " + token + " of " + candidate + " in election " + election;
    }
}

package io.mandate.cli.demo;

import io.mandate.election.Term;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A term whose holder does not look at its deadline any more: as if it had been paused right after its last look,
 * between any two instructions. What the guard does then it does alone.
 */
record TrustingTerm(Term term) implements Term {
    @Override
    public void requireValid(Duration margin) {
        // Looked already.
    }

    @Override
    public String election() {
        return term.election();
    }

    @Override
    public String candidate() {
        return term.candidate();
    }

    @Override
    public long token() {
        return term.token();
    }

    @Override
    public Duration remaining() {
        return term.remaining();
    }

    @Override
    public Instant deadline() {
        return term.deadline();
    }

    @Override
    public CompletableFuture<TermEnd> ended() {
        return term.ended();
    }

    @Override
    public CompletableFuture<Void> resignRequested() {
        return term.resignRequested();
    }

    @Override
    public void superseded() {
        term.superseded();
    }
}

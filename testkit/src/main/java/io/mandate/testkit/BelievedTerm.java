package io.mandate.testkit;

import io.mandate.election.Term;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A term whose holder was paused right after its last look at the deadline, and goes on in the belief that it leads: what a guard does then it does alone. For
 * tests of what refuses a leader of the past.
 */
public record BelievedTerm(Term term) implements Term {
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
    public void superseded(long largerToken) {
        term.superseded(largerToken);
    }
}

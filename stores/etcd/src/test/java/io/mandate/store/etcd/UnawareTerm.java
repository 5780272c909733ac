package io.mandate.store.etcd;

import io.mandate.election.Term;
import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** A term whose holder does not look at its clocks: only a guard can end it. */
record UnawareTerm(String election, long token, CompletableFuture<TermEnd> ended) implements Term {
    UnawareTerm(String election, long token) {
        this(election, token, new CompletableFuture<>());
    }

    @Override
    public String candidate() {
        return "unaware";
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
    public void requireValid(Duration margin) {}

    @Override
    public CompletableFuture<Void> resignRequested() {
        return new CompletableFuture<>();
    }

    @Override
    public void superseded() {
        ended.complete(TermEnd.SUPERSEDED);
    }
}

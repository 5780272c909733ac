package io.mandate.election.internal;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** The state behind a {@link Term}, whose methods of the same names delegate to it. Thread-safe. */
public interface TermState {
    String election();

    String candidate();

    long token();

    Duration remaining();

    Instant deadline();

    void requireValid(Duration margin);

    CompletableFuture<TermEnd> ended();

    CompletableFuture<Void> resignRequested();

    /** A resource has accepted a larger token: ends the term. */
    void superseded();
}

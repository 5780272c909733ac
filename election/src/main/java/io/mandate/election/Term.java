package io.mandate.election;

import io.mandate.election.session.TermEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * One uninterrupted holding of an election: authority that is limited in time, and numbered.
 *
 * <p>There is no method that says "I am the leader" to act upon, because the answer would be old before it is used: a
 * process can be paused between the question and the write. Work asks {@link #requireValid} before a step that takes a
 * while, and leaves the last word to a guard of the resource, which compares {@linkplain #token tokens}. (M. Kleppmann:
 * How to do distributed locking, 2016.)
 *
 * <p>The deadline is counted on this machine's clocks from before the last renewal was sent, and is never later than
 * the store's. When it passes the term is over here, whatever the store says. Thread-safe.
 */
public interface Term {
    /** The election's name. */
    String election();

    /** Who holds it: the candidate's name. */
    String candidate();

    /** The fencing token: larger than that of every earlier term of this election. Above 0. */
    long token();

    /** How long the term lasts unless it is renewed; zero once it is over. */
    Duration remaining();

    /**
     * When the term is over unless it is renewed, by this machine's wall clock: to be shown, not compared with other
     * machines' clocks.
     */
    Instant deadline();

    /**
     * Returns if the term goes on for at least so long without a renewal.
     *
     * @param margin what the next step takes; zero or more
     * @throws TermEndedException if it is over, or ends sooner
     */
    void requireValid(Duration margin);

    /** Completes when the term is over, with the reason; on no thread of the library's loop. */
    CompletableFuture<TermEnd> ended();

    /** Completes when the holder is asked to finish: it still leads, and releases when its work returns. */
    CompletableFuture<Void> resignRequested();

    /** For guards: the resource has seen a larger token, so this term is over. */
    void superseded();
}

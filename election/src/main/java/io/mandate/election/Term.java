package io.mandate.election;

import io.mandate.election.internal.TermAccess;
import io.mandate.election.internal.TermState;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * One uninterrupted holding of an election: authority that is limited in time, and numbered.
 *
 * <p>There is no method that says "I am the leader" to act upon, because the answer would be old before it is used: a
 * process can be paused between the question and the write. Work calls {@link #requireValid} before a step that takes a
 * while, and leaves the decision to a guard of the resource, which compares {@linkplain #token tokens}. (M. Kleppmann:
 * How to do distributed locking, 2016.)
 *
 * <p>The deadline is counted on this machine's clocks from before the last renewal was sent, and is never later than
 * the store's. When it passes the term is over here, whatever the store says. Terms come from the library only; tests
 * of code that takes one get theirs from the test kit. Thread-safe.
 */
public final class Term {
    static {
        TermAccess.install(new TermAccess() {
            @Override
            protected Term wrap(TermState state) {
                return new Term(state);
            }

            @Override
            protected TermState unwrap(Term term) {
                return term.state;
            }
        });
    }

    private final TermState state;

    private Term(TermState state) {
        this.state = state;
    }

    /** The election's name. */
    public String election() {
        return state.election();
    }

    /** The name of the candidate that holds it. */
    public String candidate() {
        return state.candidate();
    }

    /** The fencing token: larger than that of every earlier term of this election. Above 0. */
    public long token() {
        return state.token();
    }

    /** How long the term lasts unless it is renewed; zero once it is over. */
    public Duration remaining() {
        return state.remaining();
    }

    /**
     * When the term is over unless it is renewed, by this machine's wall clock: for display, not to be compared with
     * other machines' clocks.
     */
    public Instant deadline() {
        return state.deadline();
    }

    /**
     * Returns if the term lasts for at least this long without another renewal.
     *
     * @param margin how long the next step takes; zero or more
     * @throws TermEndedException if it is over, or ends sooner
     */
    public void requireValid(Duration margin) {
        state.requireValid(margin);
    }

    /** Completes when the term is over, with the reason; never on a thread that other elections wait for. */
    public CompletableFuture<TermEnd> ended() {
        return state.ended();
    }

    /** Completes when the holder is asked to finish: it still leads, and releases when its work returns. */
    public CompletableFuture<Void> resignRequested() {
        return state.resignRequested();
    }

    @Override
    public String toString() {
        return state.toString();
    }
}

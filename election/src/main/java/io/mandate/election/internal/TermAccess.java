package io.mandate.election.internal;

import io.mandate.election.Term;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * Makes terms, and ends those that a guard has found to be stale: both without a public method of {@link Term}, which
 * hands over an implementation of this class when it is initialised. Thread-safe.
 */
public abstract class TermAccess {
    private static volatile @Nullable TermAccess access;

    /** Called once, by the initialiser of {@link Term}. */
    public static void install(TermAccess ofTerm) {
        access = ofTerm;
    }

    /** A term with this state. */
    public static Term of(TermState state) {
        return access().wrap(state);
    }

    /** The state behind a term. */
    public static TermState stateOf(Term term) {
        return access().unwrap(term);
    }

    /** Ends a term because a resource has accepted a larger token. */
    public static void superseded(Term term) {
        stateOf(term).superseded();
    }

    protected abstract Term wrap(TermState state);

    protected abstract TermState unwrap(Term term);

    private static TermAccess access() {
        TermAccess installed = access;
        if (installed == null) {
            try {
                MethodHandles.lookup().ensureInitialized(Term.class);
            } catch (IllegalAccessException hidden) {
                throw new AssertionError("Term is public", hidden);
            }
            installed = access;
            if (installed == null) {
                throw new AssertionError("the initialiser of Term installs its access");
            }
        }
        return installed;
    }
}

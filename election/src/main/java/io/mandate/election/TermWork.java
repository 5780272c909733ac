package io.mandate.election;

import org.jspecify.annotations.Nullable;

/**
 * Work of the leader that returns a result.
 *
 * @param <T> the result
 */
@FunctionalInterface
public interface TermWork<T extends @Nullable Object> {
    /**
     * Runs on a thread of its own, which is interrupted when the term is over. Returning means that the work is done:
     * the election is released. If the term was over when this returned or failed, the work runs again in another term.
     *
     * @throws Exception ends the campaign and is the cause of the caller's {@link WorkFailedException}, unless the term
     *     was over
     */
    T run(Term term) throws Exception;
}

package io.mandate.election;

/** Work of the leader without a result; otherwise as {@link TermWork}. */
@FunctionalInterface
public interface TermAction {
    /**
     * Runs as {@link TermWork#run}.
     *
     * @throws Exception as there
     */
    void run(Term term) throws Exception;
}

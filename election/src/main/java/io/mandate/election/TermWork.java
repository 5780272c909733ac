package io.mandate.election;

/** What is to be done by the leader. */
@FunctionalInterface
public interface TermWork {
    /**
     * Runs on a thread of its own, which is interrupted when the term is over. Returning means that the work is done:
     * the election is released. If the term was over when this returned or failed, the work runs again in another term.
     *
     * @throws Exception ends the campaign and reaches whoever asked for it, unless the term was over
     */
    void run(Term term) throws Exception;
}

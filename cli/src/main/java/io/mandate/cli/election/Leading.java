package io.mandate.cli.election;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** What the commands that lead have in common. */
final class Leading {
    private Leading() {}

    static Map<String, String> environment(Term term, OpenStore store) {
        return Map.of(
                "MANDATE_ELECTION", term.election(),
                "MANDATE_CANDIDATE", term.candidate(),
                "MANDATE_TOKEN", Long.toString(term.token()),
                "MANDATE_STORE", store.addresses());
    }

    /**
     * Waits to lead; empty if this process has been asked to end, which closes its elections, and whose exit code the
     * signal decides.
     */
    static Optional<Leadership> lead(Election election) throws InterruptedException, ExecutionException {
        try {
            return Optional.of(election.lead().get());
        } catch (IllegalStateException closed) {
            return Optional.empty();
        }
    }
}

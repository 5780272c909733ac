package io.mandate.cli.election;

import io.mandate.cli.ExitCode;
import io.mandate.election.Term;
import java.util.Map;
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

    /** The candidate was closed by this process' shutdown, whose exit code the signal decides; any other reason is a failure. */
    static int shuttingDown(Exception closing) throws Exception {
        if (closing instanceof ExecutionException failed && failed.getCause() instanceof Exception cause) {
            throw cause;
        }
        return ExitCode.FAILED;
    }
}

package io.mandate.cli.election;

import io.mandate.cli.ExitCode;
import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate elect}. */
@Command(
        name = "elect",
        description = "Campaign, lead until interrupted, and say so: one line when a term begins, one when it ends.",
        mixinStandardHelpOptions = true)
public final class ElectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CandidateOptions candidate;

    @Parameters(paramLabel = "NAME", description = "The election's name.")
    private String name;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        try (OpenStore open = candidate.store.open(name);
                Election election = candidate.join(open, name, ElectionBuilder::join)) {
            while (true) {
                Optional<Leadership> led = Leading.lead(election);
                if (led.isEmpty()) {
                    return ExitCode.FAILED;
                }
                try (Leadership leadership = led.get()) {
                    Term term = leadership.term();
                    out.printf("leading %s token %d%n", name, term.token());
                    out.flush();
                    CompletableFuture.anyOf(term.ended(), term.resignRequested())
                            .get();
                }
                out.printf("not leading %s%n", name);
                out.flush();
            }
        }
    }
}

package io.mandate.cli.election;

import com.google.gson.JsonObject;
import io.mandate.cli.ExitCode;
import io.mandate.election.TermRecord;
import io.mandate.election.internal.history.TermHistory;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate history}. */
@Command(
        name = "history",
        description = {
            "Say who led an election, from when to when, and why it ended; the latest first.",
            "Times are of the leaders' own clocks. Exit code 1 if nothing is known."
        },
        mixinStandardHelpOptions = true)
public final class HistoryCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ElectionStoreOptions store;

    @Option(names = "--json", description = "Print JSON, one object a line.")
    private boolean json;

    @Parameters(paramLabel = "NAME", description = "The election's name.")
    private String name;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        try (OpenStore open = store.open(name)) {
            List<TermRecord> terms =
                    TermHistory.read(open.store(), name).toCompletableFuture().get();
            if (terms.isEmpty()) {
                spec.commandLine().getErr().println("mandate: nothing is known of election " + name);
                return ExitCode.NO;
            }
            if (!json) {
                out.printf("%-10s %-24s %-24s %-10s %s%n", "TOKEN", "CANDIDATE", "FROM", "FOR", "ENDED");
            }
            for (int i = 0; i < terms.size(); i++) {
                out.println(json ? json(terms.get(i)) : line(terms.get(i), i == 0));
            }
            out.flush();
            return ExitCode.OK;
        }
    }

    private static String line(TermRecord term, boolean latest) {
        // Who was killed could not write it down.
        String ended =
                term.why().map(why -> why.name().toLowerCase(Locale.ROOT)).orElse(latest ? "-" : "unheard");
        return String.format(
                "%-10d %-24s %-24s %-10s %s",
                term.token(),
                term.candidate(),
                term.from().truncatedTo(ChronoUnit.MILLIS),
                term.to().map(to -> length(term.from(), to)).orElse("-"),
                ended);
    }

    private static String length(Instant from, Instant to) {
        Duration length = Duration.between(from, to);
        return length.toMinutes() >= 1
                ? length.toMinutes() + "m" + length.toSecondsPart() + "s"
                : length.toMillis() / 1000.0 + "s";
    }

    private static JsonObject json(TermRecord term) {
        JsonObject object = new JsonObject();
        object.addProperty("token", term.token());
        object.addProperty("candidate", term.candidate());
        object.addProperty("from", term.from().toString());
        term.to().ifPresent(to -> object.addProperty("to", to.toString()));
        term.why().ifPresent(why -> object.addProperty("why", why.name().toLowerCase(Locale.ROOT)));
        return object;
    }
}

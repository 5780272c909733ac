package io.mandate.cli.election;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.ExitCode;
import io.mandate.cli.SettingException;
import io.mandate.election.Election;
import io.mandate.election.Leadership;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mandate run}. */
@Command(
        name = "run",
        description = {
            "Run a command only while leading an election: the same on several hosts makes any program highly "
                    + "available.",
            "",
            "The command finds MANDATE_ELECTION, MANDATE_CANDIDATE, MANDATE_TOKEN (the fencing token) and "
                    + "MANDATE_STORE in its",
            "environment. It gets SIGTERM, and soon SIGKILL, so that it is gone before the term is over. When "
                    + "it ends by itself the",
            "election is released at once. What it has started ends with it, and before the election is "
                    + "released; on Linux also when",
            "this process is killed."
        },
        footer = {
            "",
            "Exit codes: the command's own when it ended by itself (128 and more: by a signal) and is not restarted;",
            "            2 wrong usage; 3 the store could not be reached at the start; 4 the election was lost, "
                    + "with --once;",
            "            143, 130, 129 asked to end (SIGTERM, SIGINT, SIGHUP): the command was stopped, then "
                    + "the election left.",
            "",
            "For instance:  mandate run --election nightly --ttl 2s -- ./nightly-report.sh"
        },
        mixinStandardHelpOptions = true)
public final class RunCommand implements Callable<Integer> {
    /** When the command is started again after it ended by itself. */
    enum Restart {
        NO,
        ON_FAILURE,
        ALWAYS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** So that a command that fails at once does not spin. */
    private static final long RESTART_PAUSE_MILLIS = 1_000;

    @Mixin
    private CandidateOptions candidate;

    @Option(names = "--election", paramLabel = "NAME", required = true, description = "The election's name.")
    private String name;

    @Option(
            names = "--restart",
            paramLabel = "no|on-failure|always",
            defaultValue = "no",
            description = "Whether to campaign again when the command has ended by itself (${DEFAULT-VALUE}).")
    private String restart;

    @Option(
            names = "--once",
            description = "End, with exit code 4, when the election is lost while the command runs (default: campaign "
                    + "again).")
    private boolean once;

    @Option(
            names = "--grace",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "10s",
            description =
                    "How long the command may take to end when asked to, if the term lasts as long (${DEFAULT-VALUE}).")
    private Duration grace;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The command and its arguments, after --.")
    private List<String> command;

    private Restart restart() {
        for (Restart known : Restart.values()) {
            if (known.toString().equals(restart)) {
                return known;
            }
        }
        throw new SettingException("--restart " + restart + " is none of no, on-failure, always");
    }

    @Override
    public Integer call() throws Exception {
        Restart when = restart();
        SupervisedCommand supervised = new SupervisedCommand(command, candidate.ttl, grace);
        try (OpenStore open = candidate.store.open(name);
                Election election = candidate.join(
                        open,
                        name,
                        builder -> builder.drainTimeout(grace.plusSeconds(5)).join())) {
            while (true) {
                Optional<Leadership> led = Leading.lead(election);
                if (led.isEmpty()) {
                    return ExitCode.FAILED;
                }
                SupervisedCommand.Result result;
                try (Leadership leadership = led.get()) {
                    result = supervised.run(
                            leadership.term(), leadership::release, Leading.environment(leadership.term(), open));
                }
                switch (result.end()) {
                    case EXITED -> {
                        boolean again =
                                when == Restart.ALWAYS || (when == Restart.ON_FAILURE && result.exitCode() != 0);
                        if (!again) {
                            return result.exitCode();
                        }
                        Thread.sleep(RESTART_PAUSE_MILLIS);
                    }
                    case TERM_OVER -> {
                        if (once) {
                            return ExitCode.LOST;
                        }
                    }
                    case ASKED -> {
                        // Handed over, or shutting down: then campaigning again is refused.
                    }
                }
            }
        }
    }
}

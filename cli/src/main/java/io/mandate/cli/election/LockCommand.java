package io.mandate.cli.election;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.ExitCode;
import io.mandate.election.CandidateClosedException;
import io.mandate.election.DistributedLock;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.LockHandle;
import io.mandate.election.Term;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate lock}. */
@Command(
        name = "lock",
        description = {
            "Take a lock, and hold it while a command runs, or until interrupted.",
            "The command finds MANDATE_TOKEN and the others of 'mandate run' in its environment, and is stopped "
                    + "before the lock is lost."
        },
        footer = {"", "Exit codes: the command's own; 1 the lock was not to be had within --wait; 4 it was lost."},
        mixinStandardHelpOptions = true)
public final class LockCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CandidateOptions candidate;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "How long to wait for it; 0s is not at all (default: for ever).")
    private @Nullable Duration patience;

    @Option(
            names = "--grace",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "10s",
            description =
                    "How long the command may take to end when asked to, if the lock lasts as long (${DEFAULT-VALUE}).")
    private Duration grace;

    @Parameters(index = "0", paramLabel = "NAME", description = "The lock's name.")
    private String name;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "COMMAND",
            description = "The command and its arguments, after --.")
    private @Nullable List<String> command;

    @Override
    public Integer call() throws Exception {
        try (OpenStore open = candidate.store.open(name);
                DistributedLock lock = candidate.join(open, name, ElectionBuilder::lock)) {
            Optional<LockHandle> acquired;
            try {
                acquired = acquire(lock);
            } catch (CandidateClosedException | IllegalStateException closed) {
                // This process has been asked to end, and the signal decides its exit code.
                return ExitCode.FAILED;
            }
            if (acquired.isEmpty()) {
                spec.commandLine().getErr().println("mandate: " + notHad());
                return ExitCode.NO;
            }
            try (LockHandle held = acquired.get()) {
                return command == null ? hold(held.term()) : run(held, open, command);
            }
        }
    }

    private Optional<LockHandle> acquire(DistributedLock lock) throws InterruptedException {
        if (patience == null) {
            return Optional.of(lock.acquire());
        }
        return patience.isZero() ? lock.tryAcquire() : lock.tryAcquire(patience);
    }

    /** A lock that is free may not be had either, if the store does not answer within so short a time. */
    private String notHad() {
        return patience == null || patience.isZero()
                ? "lock " + name + " is held by somebody else"
                : "lock " + name + " was not to be had within the " + patience.toMillis()
                        + " ms of --wait: somebody else holds it, or the store took longer";
    }

    private int hold(Term term) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("locked %s token %d%n", name, term.token());
        out.flush();
        CompletableFuture.anyOf(term.ended(), term.resignRequested()).get();
        if (term.resignRequested().isDone()) {
            return ExitCode.OK;
        }
        spec.commandLine()
                .getErr()
                .println("mandate: lock " + name + " was lost: " + term.ended().get());
        return ExitCode.LOST;
    }

    private int run(LockHandle held, OpenStore open, List<String> words) throws InterruptedException {
        SupervisedCommand.Result result = new SupervisedCommand(words, candidate.ttl, grace)
                .run(held.term(), held::unlock, Leading.environment(held.term(), open));
        return result.end() == SupervisedCommand.End.TERM_OVER ? ExitCode.LOST : result.exitCode();
    }
}

package io.mandate.cli;

import io.mandate.cli.client.CasCommand;
import io.mandate.cli.client.DeleteCommand;
import io.mandate.cli.client.GetCommand;
import io.mandate.cli.client.LeaseCommand;
import io.mandate.cli.client.PutCommand;
import io.mandate.cli.client.StatusCommand;
import io.mandate.cli.client.WatchCommand;
import io.mandate.cli.demo.DemoCandidateCommand;
import io.mandate.cli.demo.DemoCommand;
import io.mandate.cli.demo.DemoMemberCommand;
import io.mandate.cli.demo.OwnJvm;
import io.mandate.cli.election.DrainCommand;
import io.mandate.cli.election.ElectCommand;
import io.mandate.cli.election.HistoryCommand;
import io.mandate.cli.election.LeaderCommand;
import io.mandate.cli.election.LockCommand;
import io.mandate.cli.election.PartitionsCommand;
import io.mandate.cli.election.RunCommand;
import io.mandate.cli.server.DevCommand;
import io.mandate.cli.server.PrepareCommand;
import io.mandate.cli.server.ServerCommand;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code mandate} command. */
@Command(
        name = "mandate",
        description = "Leader election that cannot corrupt your data, on a store that speaks etcd v3.",
        mixinStandardHelpOptions = true,
        versionProvider = BuildVersion.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done; 1 the store said no (compare failed, no such key or lease); 2 wrong usage;",
            "            3 the store could not be reached or refused, or a node could not start.",
            "            'run' and 'lock' end with the command's own; see their help.",
            "MANDATE_DEBUG=1 in the environment shows where in the program a failure happened."
        })
public final class Main implements Runnable {
    private static final Map<String, Class<?>> COMMANDS = commands();

    /** Warns, with a stack trace, of addresses that do not resolve, which the failures of requests say too. */
    private static final Logger CHANNELS = Logger.getLogger("io.grpc.internal.ManagedChannelImpl");

    @Spec
    private CommandSpec spec;

    /** Reads and writes UTF-8, whatever the JVM's locale. */
    public static void main(String[] arguments) {
        OwnJvm.endWithStarter();
        OutputFile output = new OutputFile(FileDescriptor.out);
        System.setOut(utf8(output));
        System.setErr(utf8(new OutputFile(FileDescriptor.err)));
        CHANNELS.setLevel(Failures.isDebugged() ? Level.WARNING : Level.SEVERE);
        Optional<String> undecoded = UndecodedInput.find(arguments);
        if (undecoded.isPresent()) {
            System.err.println("mandate: " + undecoded.get());
            System.exit(ExitCode.USAGE);
        }
        int exitCode = commandLine(arguments)
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .execute(arguments);
        System.out.flush();
        Optional<String> lost = output.failure();
        lost.ifPresent(why -> System.err.println("mandate: the output could not be written: " + why));
        System.exit(lost.isPresent() && exitCode == ExitCode.OK ? ExitCode.FAILED : exitCode);
    }

    private static PrintStream utf8(OutputFile file) {
        return new PrintStream(new BufferedOutputStream(file), true, StandardCharsets.UTF_8);
    }

    private static Map<String, Class<?>> commands() {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand.class);
        commands.put("demo-candidate", DemoCandidateCommand.class);
        commands.put("demo-member", DemoMemberCommand.class);
        commands.put("dev", DevCommand.class);
        commands.put("server", ServerCommand.class);
        commands.put("prepare", PrepareCommand.class);
        commands.put("run", RunCommand.class);
        commands.put("elect", ElectCommand.class);
        commands.put("lock", LockCommand.class);
        commands.put("leader", LeaderCommand.class);
        commands.put("history", HistoryCommand.class);
        commands.put("partitions", PartitionsCommand.class);
        commands.put("drain", DrainCommand.class);
        commands.put("get", GetCommand.class);
        commands.put("put", PutCommand.class);
        commands.put("del", DeleteCommand.class);
        commands.put("cas", CasCommand.class);
        commands.put("watch", WatchCommand.class);
        commands.put("lease", LeaseCommand.class);
        commands.put("status", StatusCommand.class);
        return commands;
    }

    /**
     * Knows the one command that the arguments name, because reading them all costs a fifth of a node's start; all of
     * them if they name none.
     */
    public static CommandLine commandLine(String... arguments) {
        CommandLine commandLine = new CommandLine(new Main());
        Class<?> named = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
        Collection<Class<?>> known = named == null ? COMMANDS.values() : List.of(named);
        known.forEach(commandLine::addSubcommand);
        IParameterExceptionHandler picocli = commandLine.getParameterExceptionHandler();
        return LiteralArguments.of(commandLine)
                .setParameterExceptionHandler((wrong, words) -> {
                    nameUnknownOption(wrong.getCommandLine());
                    return picocli.handleParseException(wrong, words);
                })
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(Main::run)
                .setExecutionExceptionHandler((failure, failed, parsed) -> Failures.explain(failure, failed.getErr()))
                .setExitCodeExceptionMapper(
                        failure -> failure instanceof ParameterException ? ExitCode.USAGE : ExitCode.FAILED);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command, for instance: mandate demo");
    }

    /** picocli would only say which other argument is missing. */
    private static void nameUnknownOption(CommandLine commandLine) {
        commandLine.getUnmatchedArguments().stream()
                .filter(unknown -> unknown.startsWith("-"))
                .findFirst()
                .ifPresent(unknown -> commandLine
                        .getErr()
                        .println("mandate: there is no option '" + unknown
                                + "'; values that begin with a hyphen go behind --, after all options"));
    }

    /** picocli lets errors through, with a stack trace and an exit code of the JVM's. */
    private static int run(CommandLine.ParseResult parsed) {
        try {
            return new CommandLine.RunLast().execute(parsed);
        } catch (Error bug) {
            return Failures.explain(bug, parsed.commandSpec().commandLine().getErr());
        }
    }
}

package io.mandate.cli.server;

import io.mandate.cli.ExitCode;
import io.mandate.cli.LiteralArguments;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mandate server}: runs a node until it is told to stop. */
@Command(
        name = "server",
        description = {
            "Run a node of a store. Flags are etcd's; each can also be given as an environment variable",
            "(--data-dir as MANDATE_DATA_DIR) or in a YAML file (data-dir: ...), in this order of precedence."
        },
        mixinStandardHelpOptions = true)
public final class ServerCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private NodeFlags flags;

    @Option(names = "--config-file", paramLabel = "FILE", description = "YAML file with settings of the same names.")
    private @Nullable Path configFile;

    /**
     * Runs the node. The command line is parsed a second time with what environment and file say as defaults, for only
     * the first parse tells where the file is.
     */
    @Override
    public Integer call() throws InterruptedException {
        String fileByEnvironment = System.getenv(SettingSources.PREFIX + "CONFIG_FILE");
        Path file = configFile == null && fileByEnvironment != null ? Path.of(fileByEnvironment) : configFile;
        ServerCommand complete = new ServerCommand();
        CommandLine reparsed =
                new CommandLine(complete).setDefaultValueProvider(SettingSources.read(spec, System.getenv(), file));
        LiteralArguments.of(reparsed);
        reparsed.parseArgs(spec.commandLine().getParseResult().originalArgs().stream()
                .skip(1)
                .toArray(String[]::new));
        NodeRun.untilStopped(complete.flags.toOptions(), complete.flags.logLevel);
        return ExitCode.OK;
    }
}

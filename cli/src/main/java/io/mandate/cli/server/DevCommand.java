package io.mandate.cli.server;

import io.mandate.cli.Bounds;
import io.mandate.cli.ExitCode;
import io.mandate.cli.SettingException;
import io.mandate.server.NodeOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mandate dev}: one durable node for a developer's machine. */
@Command(
        name = "dev",
        description = {
            "Run one durable node on this machine: no flags needed.",
            "It keeps its data in the user's home and listens on loopback only."
        },
        mixinStandardHelpOptions = true)
public final class DevCommand implements Callable<Integer> {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "${sys:user.home}/.mandate/dev",
            description = "Where the data is kept (${DEFAULT-VALUE}).")
    private Path dataDirectory;

    @Option(names = "--port", defaultValue = "2379", description = "Port for clients (${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--peer-port",
            defaultValue = "2380",
            description = "Port the node itself needs (${DEFAULT-VALUE}).")
    private int peerPort;

    @Option(
            names = "--groups",
            paramLabel = "N",
            defaultValue = "1",
            description = "Raft groups; fixed when the data directory is first used (${DEFAULT-VALUE}).")
    private int groups;

    @Option(names = "--log-level", defaultValue = "warn", description = "What is logged (${DEFAULT-VALUE}).")
    private String logLevel;

    @Override
    public Integer call() throws InterruptedException {
        NodeRun.untilStopped(options(), logLevel);
        return ExitCode.OK;
    }

    private NodeOptions options() {
        try {
            return NodeOptions.builder("dev", dataDirectory)
                    .listenClientUrls(List.of(loopback("--port", port)))
                    .listenPeerUrl(loopback("--peer-port", peerPort))
                    .groups(groups)
                    .clusterToken("mandate-dev")
                    .build();
        } catch (IllegalArgumentException wrong) {
            throw new SettingException(String.valueOf(wrong.getMessage()));
        }
    }

    private static URI loopback(String option, int port) {
        return URI.create("http://127.0.0.1:" + Bounds.within(option, port, 1, 65_535));
    }
}

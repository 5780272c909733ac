package io.mandate.cli.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.mandate.cli.ExitCode;
import io.mandate.cli.NodeException;
import io.mandate.cli.SettingException;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import io.mandate.server.raft.IdentityException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** Runs one node in this process until SIGTERM or SIGINT. */
final class NodeRun {
    private NodeRun() {}

    static void untilStopped(NodeOptions options, String logLevel) throws InterruptedException {
        Level level = Level.toLevel(logLevel, null);
        if (level == null) {
            throw new SettingException("--log-level '" + logLevel + "' must be one of debug, info, warn, error");
        }
        ((Logger) LoggerFactory.getLogger("io.mandate")).setLevel(level);
        CountDownLatch stopped = new CountDownLatch(1);
        Node node;
        try {
            node = Node.start(options);
        } catch (IdentityException | IOException | UncheckedIOException refused) {
            throw new NodeException(String.valueOf(refused.getMessage()));
        }
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            node.close();
                            stopped.countDown();
                        },
                        "shutdown"));
        node.ready()
                .thenRun(() -> System.out.println("ready to serve client requests name=" + options.name()
                        + " client-urls=" + options.listenClientUrls()));
        node.failure().thenAccept(why -> {
            System.err.println("mandate: the node has failed and stops: " + why);
            Runtime.getRuntime().halt(ExitCode.FAILED);
        });
        stopped.await();
    }
}

package io.mandate.verify.process;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One member of a {@link ProcessCluster}: its ports and its data directory, which outlive its processes, and the
 * process that runs now, if any. Methods that start or stop are to be called by one thread at a time; the rest is
 * thread-safe.
 */
public final class ClusterNode {
    /**
     * Answers to a range may be large; etcd's own limit is 2 GiB, and the default of grpc-java, 4 MiB, is too small for
     * watches of a whole history.
     */
    private static final int INBOUND_BYTES_MAX = 256 << 20;

    private static final Metadata.Key<String> GROUP =
            Metadata.Key.of("mandate-group", Metadata.ASCII_STRING_MARSHALLER);

    private static final int HEALTH_TIMEOUT_MILLIS = 2_000;
    private static final Duration POLL = Duration.ofMillis(10);

    private final String name;
    private final ServerBinary binary;
    private final Path directory;
    private final int clientPort;
    private final int peerPort;
    private final ManagedChannel channel;
    private List<String> commonFlags = List.of();
    private int incarnations;
    private volatile @Nullable ServerProcess process;

    ClusterNode(String name, ServerBinary binary, Path directory, int clientPort, int peerPort) {
        this.name = name;
        this.binary = binary;
        this.directory = directory;
        this.clientPort = clientPort;
        this.peerPort = peerPort;
        this.channel = NettyChannelBuilder.forAddress("127.0.0.1", clientPort)
                .usePlaintext()
                .maxInboundMessageSize(INBOUND_BYTES_MAX)
                .build();
    }

    public String name() {
        return name;
    }

    /** {@code host:port} for clients. */
    public String endpoint() {
        return "127.0.0.1:" + clientPort;
    }

    /** {@code http://host:port} for clients. */
    public String clientUrl() {
        return "http://" + endpoint();
    }

    public String peerUrl() {
        return "http://127.0.0.1:" + peerPort;
    }

    public Path dataDirectory() {
        return directory.resolve("data");
    }

    /** A plaintext channel to this node alone, the same for all callers; the cluster closes it. */
    public ManagedChannel channel() {
        return channel;
    }

    /** The channel, with calls going to a group; group 0 is not named, as an etcd has no other. */
    public Channel channel(int group) {
        if (group == 0) {
            return channel;
        }
        Metadata metadata = new Metadata();
        metadata.put(GROUP, Integer.toString(group));
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    /**
     * The latest process of this node, running or ended.
     *
     * @throws IllegalStateException if it was never started
     */
    public ServerProcess process() {
        ServerProcess current = process;
        if (current == null) {
            throw new IllegalStateException(name + " was never started");
        }
        return current;
    }

    public boolean isRunning() {
        ServerProcess current = process;
        return current != null && current.isAlive();
    }

    /**
     * Starts a process on this node's data and returns without waiting for it to be ready. A further flag replaces the
     * cluster's of the same name.
     */
    public ServerProcess launch(String... furtherFlags) {
        if (isRunning()) {
            throw new IllegalStateException(
                    name + " runs already as pid " + process().pid());
        }
        incarnations++;
        List<String> flags = new ArrayList<>(List.of(
                "--name", name,
                "--data-dir", dataDirectory().toString(),
                "--listen-client-urls", clientUrl(),
                "--advertise-client-urls", clientUrl(),
                "--listen-peer-urls", peerUrl(),
                "--initial-advertise-peer-urls", peerUrl()));
        flags.addAll(commonFlags);
        for (String flag : furtherFlags) {
            removeFlag(flags, flag);
        }
        List<String> command = new ArrayList<>(binary.command());
        command.addAll(flags);
        command.addAll(List.of(furtherFlags));
        createDirectory(directory);
        ServerProcess started =
                ServerProcess.start(name, command, directory, directory.resolve("log-" + incarnations + ".txt"));
        process = started;
        return started;
    }

    /**
     * Waits for the ready line and for a good answer of {@code /health}, which needs a leader.
     *
     * @throws IllegalStateException with the log's tail if the process ends first or the time is over
     */
    public void awaitReady(Duration timeout) {
        ServerProcess current = process();
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        current.awaitReadyLine(timeout);
        while (!isHealthy()) {
            if (!current.isAlive()) {
                throw new IllegalStateException(
                        name + " ended with code " + current.awaitExit(Duration.ZERO) + current.logTail());
            }
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new IllegalStateException(name + " was not healthy within " + timeout + current.logTail());
            }
            Pause.of(POLL);
        }
        // While the node was down the channel has backed off, by up to minutes.
        channel.resetConnectBackoff();
    }

    /** SIGKILL, and waits until it is gone. */
    public void kill9() {
        process().kill9();
    }

    /** SIGTERM, and returns the exit code. */
    public int stop(Duration timeout) {
        ServerProcess current = process();
        current.terminate();
        return current.awaitExit(timeout);
    }

    /** Removes all data, as a replaced disk would. The node must not run. */
    public void wipe() {
        if (isRunning()) {
            throw new IllegalStateException(name + " still runs");
        }
        deleteRecursively(dataDirectory());
    }

    /** Whether {@code /health} answers 200 now. */
    public boolean isHealthy() {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create(clientUrl() + "/health").toURL().openConnection();
            connection.setConnectTimeout(HEALTH_TIMEOUT_MILLIS);
            connection.setReadTimeout(HEALTH_TIMEOUT_MILLIS);
            try {
                if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                    return false;
                }
                String body = new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                return body.contains("\"true\"");
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Takes {@code --name value} or {@code --name=value} out: Go lets the last one win, other parsers refuse a flag
     * given twice.
     */
    private static void removeFlag(List<String> flags, String flag) {
        if (!flag.startsWith("--")) {
            return;
        }
        String flagName = flag.split("=", 2)[0];
        flags.removeIf(present -> present.startsWith(flagName + "="));
        int position = flags.indexOf(flagName);
        if (position >= 0) {
            flags.remove(position);
            if (position < flags.size() && !flags.get(position).startsWith("--")) {
                flags.remove(position);
            }
        }
    }

    void useCommonFlags(List<String> flags) {
        commonFlags = List.copyOf(flags);
    }

    void close() {
        channel.shutdownNow();
        ServerProcess current = process;
        if (current != null) {
            current.close();
        }
    }

    static void createDirectory(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void deleteRecursively(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name + "[" + endpoint() + "]";
    }
}

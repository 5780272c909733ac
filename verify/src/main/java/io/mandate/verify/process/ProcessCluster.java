package io.mandate.verify.process;

import io.grpc.StatusRuntimeException;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Nodes of one server kind as processes on loopback, members of one cluster.
 *
 * <pre>{@code
 * try (ProcessCluster cluster = ProcessCluster.of(ServerBinary.mandate(), 3, tempDir).start()) {
 *     cluster.node(cluster.awaitLeader()).kill9();
 *     ...
 * }
 * }</pre>
 *
 * All files lie in a new directory under the one given, which {@link #close()} removes, unless the system property
 * {@value #KEEP_PROPERTY} is set. Start, stop and restart are to be called by one thread at a time; the rest is
 * thread-safe.
 */
public final class ProcessCluster implements AutoCloseable {
    /** Set it to look into logs and data after a test. */
    public static final String KEEP_PROPERTY = "mandate.verify.keep";

    /** A loaded two-core machine needs seconds for three JVMs. */
    public static final Duration READY_TIMEOUT = Duration.ofMinutes(1);

    /** Mandate promises an ordered end within 5 s; the rest is for a loaded machine. */
    public static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);

    private static final Duration LEADER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final long STATUS_MILLIS_MAX = 2_000;
    private static final int PORT_ATTEMPTS = 3;

    private final ServerBinary binary;
    private final Path directory;
    private final List<String> extraFlags;
    private final int size;
    private List<ClusterNode> nodes = List.of();
    private LoopbackPorts ports;

    private ProcessCluster(ServerBinary binary, int size, Path directory, List<String> extraFlags) {
        this.binary = binary;
        this.size = size;
        this.directory = directory;
        this.extraFlags = extraFlags;
        this.ports = LoopbackPorts.claim(2 * size);
        createNodes();
    }

    /**
     * A cluster that is not started yet.
     *
     * @param parent an existing directory; the cluster's own one is made in it
     * @param extraFlags flags that every node gets besides those that name it and its peers
     */
    public static ProcessCluster of(ServerBinary binary, int nodes, Path parent, String... extraFlags) {
        if (nodes < 1) {
            throw new IllegalArgumentException("nodes: " + nodes);
        }
        try {
            Path directory =
                    Files.createTempDirectory(parent, binary.kind() + "-").toAbsolutePath();
            return new ProcessCluster(binary, nodes, directory, List.of(extraFlags));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a directory in " + parent, e);
        }
    }

    /**
     * Starts all nodes and waits until all are ready. On failure everything is stopped and removed.
     *
     * @throws IllegalStateException with the tail of the failing node's log
     */
    public ProcessCluster start() {
        boolean ready = false;
        try {
            startOnFreePorts();
            ready = true;
            return this;
        } finally {
            if (!ready) {
                close();
            }
        }
    }

    public ServerKind kind() {
        return binary.kind();
    }

    public int size() {
        return size;
    }

    /** The cluster's own directory, for files that shall vanish with it. */
    public Path directory() {
        return directory;
    }

    public ClusterNode node(int index) {
        return nodes.get(index);
    }

    public List<ClusterNode> nodes() {
        return nodes;
    }

    /** {@code host:port} of every node, in order. */
    public List<String> endpoints() {
        return nodes.stream().map(ClusterNode::endpoint).toList();
    }

    /** {@code http://host:port} of every node, in order. */
    public List<String> clientUrls() {
        return nodes.stream().map(ClusterNode::clientUrl).toList();
    }

    /** Index of the running node that says it leads, in the highest term if several do; empty if none does. */
    public OptionalInt leader() {
        return leader(0);
    }

    /** As {@link #leader()}, of one group. */
    public OptionalInt leader(int group) {
        OptionalInt leader = OptionalInt.empty();
        long leaderTerm = -1;
        for (int i = 0; i < size; i++) {
            Optional<StatusResponse> answer = node(i).isRunning() ? statusIfAnswered(i, group) : Optional.empty();
            if (answer.isPresent() && saysItLeads(answer.get()) && answer.get().getRaftTerm() > leaderTerm) {
                leader = OptionalInt.of(i);
                leaderTerm = answer.get().getRaftTerm();
            }
        }
        return leader;
    }

    /** Index of the leader, waiting up to 30 s for one to be elected. */
    public int awaitLeader() {
        return awaitLeader(0);
    }

    /** As {@link #awaitLeader()}, of one group. */
    public int awaitLeader(int group) {
        long deadlineNanos = System.nanoTime() + LEADER_TIMEOUT.toNanos();
        OptionalInt leader = leader(group);
        while (leader.isEmpty()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new IllegalStateException("no leader within " + LEADER_TIMEOUT + logTails());
            }
            Pause.of(POLL);
            leader = leader(group);
        }
        return leader.getAsInt();
    }

    /** What one node says of itself, or the gRPC error. */
    public StatusResponse status(int index) {
        return status(index, 0);
    }

    private StatusResponse status(int index, int group) {
        return MaintenanceGrpc.newBlockingStub(node(index).channel(group))
                .withDeadlineAfter(STATUS_MILLIS_MAX, TimeUnit.MILLISECONDS)
                .status(StatusRequest.getDefaultInstance());
    }

    /** Starts a stopped node on its old data, with its old flags and these, and waits until it is ready. */
    public void restart(int index, String... furtherFlags) {
        node(index).launch(furtherFlags);
        node(index).awaitReady(READY_TIMEOUT);
    }

    /** Starts all stopped nodes together and waits until all are ready. */
    public void restartAll() {
        nodes.stream().filter(node -> !node.isRunning()).forEach(ClusterNode::launch);
        nodes.forEach(node -> node.awaitReady(READY_TIMEOUT));
    }

    /** SIGTERM to all running nodes at once; returns when all have ended. */
    public void stopAll() {
        List<ClusterNode> running =
                nodes.stream().filter(ClusterNode::isRunning).toList();
        running.forEach(node -> node.process().terminate());
        running.forEach(node -> node.process().awaitExit(STOP_TIMEOUT));
    }

    /** SIGKILL to all running nodes at once; returns when all have ended. */
    public void killAll() {
        nodes.stream().filter(ClusterNode::isRunning).parallel().forEach(ClusterNode::kill9);
    }

    /** The tails of all nodes' logs, to be appended to a failure's message. */
    public String logTails() {
        return nodes.stream().map(node -> node.process().logTail()).collect(Collectors.joining());
    }

    @Override
    public void close() {
        closeNodes();
        ports.close();
        if (System.getProperty(KEEP_PROPERTY) == null) {
            ClusterNode.deleteRecursively(directory);
        }
    }

    private void startOnFreePorts() {
        for (int attempt = 1; ; attempt++) {
            nodes.forEach(ClusterNode::launch);
            try {
                nodes.forEach(node -> node.awaitReady(READY_TIMEOUT));
                return;
            } catch (IllegalStateException e) {
                if (attempt == PORT_ATTEMPTS || !lostItsPort()) {
                    throw e;
                }
                // A program outside our lock file took a port between the look and the start.
                closeNodes();
                nodes.forEach(ClusterNode::wipe);
                LoopbackPorts lost = ports;
                ports = LoopbackPorts.claim(2 * size);
                lost.close();
                createNodes();
            }
        }
    }

    /** A node that is starting, stopping or paused does not lead as far as anyone can tell. */
    private Optional<StatusResponse> statusIfAnswered(int index, int group) {
        try {
            return Optional.of(status(index, group));
        } catch (StatusRuntimeException e) {
            return Optional.empty();
        }
    }

    private static boolean saysItLeads(StatusResponse status) {
        return status.getLeader() != 0
                && status.getLeader() == status.getHeader().getMemberId();
    }

    private boolean lostItsPort() {
        return nodes.stream()
                .anyMatch(node -> !node.isRunning()
                        && node.process().log().toLowerCase(Locale.ROOT).contains("address already in use"));
    }

    private void createNodes() {
        List<ClusterNode> created = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            String name = "n" + (i + 1);
            created.add(new ClusterNode(name, binary, directory.resolve(name), ports.get(2 * i), ports.get(2 * i + 1)));
        }
        List<String> flags = new ArrayList<>(List.of(
                "--initial-cluster",
                created.stream().map(node -> node.name() + "=" + node.peerUrl()).collect(Collectors.joining(",")),
                "--initial-cluster-state",
                "new",
                "--initial-cluster-token",
                directory.getFileName().toString()));
        flags.addAll(extraFlags);
        created.forEach(node -> node.useCommonFlags(flags));
        nodes = List.copyOf(created);
    }

    private void closeNodes() {
        nodes.forEach(ClusterNode::close);
    }
}

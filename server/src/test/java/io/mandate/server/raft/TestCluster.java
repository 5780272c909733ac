package io.mandate.server.raft;

import static java.util.Objects.requireNonNull;

import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.KeyspaceLimits;
import io.mandate.keyspace.Operation;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Replicas of one cluster in this JVM, on loopback and temporary directories. */
final class TestCluster implements AutoCloseable {
    private static final long WAIT_SECONDS_MAX = 20;

    private final Path directory;
    private final Map<Long, InetSocketAddress> peers = new TreeMap<>();
    private final Map<Long, RaftReplica> running = new TreeMap<>();
    private final long snapshotCommands;
    private final long electionTimeoutMillis;

    TestCluster(Path directory, int size, long snapshotCommands) {
        // Longer than the default: a machine that compiles beside must not make leaders change in tests that are not
        // about that.
        this(directory, size, snapshotCommands, 1_000);
    }

    TestCluster(Path directory, int size, long snapshotCommands, long electionTimeoutMillis) {
        this.directory = directory;
        this.snapshotCommands = snapshotCommands;
        this.electionTimeoutMillis = electionTimeoutMillis;
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (long id = 1; id <= size; id++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(socket);
                peers.put(id, new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()));
            }
            for (ServerSocket socket : held) {
                socket.close();
            }
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    ReplicaOptions options(long id, boolean replaceLostDisk) {
        return new ReplicaOptions(
                77,
                id,
                peers,
                requireNonNull(peers.get(id)),
                directory.resolve("member-" + id),
                replaceLostDisk,
                100,
                electionTimeoutMillis,
                snapshotCommands,
                3 << 19,
                KeyspaceLimits.DEFAULT,
                null);
    }

    TestCluster startAll() {
        peers.keySet().forEach(id -> start(id, false));
        return this;
    }

    RaftReplica start(long id, boolean replaceLostDisk) {
        RaftReplica replica = new RaftReplica(options(id, replaceLostDisk));
        replica.start();
        running.put(id, replica);
        return replica;
    }

    RaftReplica get(long id) {
        return requireNonNull(running.get(id));
    }

    List<RaftReplica> all() {
        return List.copyOf(running.values());
    }

    void stop(long id) {
        requireNonNull(running.remove(id)).stop();
    }

    void wipe(long id) {
        try (Stream<Path> files = Files.walk(directory.resolve("member-" + id))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    RaftReplica leader() {
        await(
                "a leader",
                () -> running.values().stream()
                        .anyMatch(replica -> replica.status().isLeader()));
        return running.values().stream()
                .filter(replica -> replica.status().isLeader())
                .findFirst()
                .orElseThrow();
    }

    RaftReplica follower() {
        RaftReplica leader = leader();
        return running.values().stream()
                .filter(replica -> replica != leader)
                .findFirst()
                .orElseThrow();
    }

    static long id(RaftReplica replica) {
        return replica.status().memberId();
    }

    static Outcome put(Replica replica, String key, String value) {
        return get(replica.propose(Request.of(Operation.Put.of(Bytes.utf8(key), Bytes.utf8(value)))));
    }

    static String read(Replica replica, String key) {
        get(replica.readBarrier());
        Outcome.Ranged answer =
                (Outcome.Ranged) replica.keyspace().range(Operation.Range.latest(KeyRange.single(Bytes.utf8(key))));
        return answer.keyValues().isEmpty()
                ? ""
                : answer.keyValues().get(0).value().toString();
    }

    static <T> T get(CompletableFuture<T> future) {
        return future.orTimeout(WAIT_SECONDS_MAX, TimeUnit.SECONDS).join();
    }

    static void await(String what, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("waited " + WAIT_SECONDS_MAX + " s for " + what);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Override
    public void close() {
        running.values().forEach(RaftReplica::stop);
        running.clear();
    }
}

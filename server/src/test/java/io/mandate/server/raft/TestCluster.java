package io.mandate.server.raft;

import static java.util.Objects.requireNonNull;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.FreePorts;
import io.mandate.server.raft.transport.PeerVersions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Replicas of one cluster in this JVM, on loopback and in temporary directories. */
final class TestCluster implements AutoCloseable {
    private static final long WAIT_SECONDS_MAX = 20;

    private final Path directory;
    private final Map<Long, InetSocketAddress> peers = new TreeMap<>();
    private final Map<Long, RaftHost> running = new TreeMap<>();
    private final int groups;
    private final long snapshotCommands;
    private final long electionTimeoutMillis;

    TestCluster(Path directory, int size, long snapshotCommands) {
        // Longer than the default: load on the machine must not change leaders in tests that are not about that.
        this(directory, size, 1, snapshotCommands, 1_000);
    }

    TestCluster(Path directory, int size, int groups, long snapshotCommands, long electionTimeoutMillis) {
        this.directory = directory;
        this.groups = groups;
        this.snapshotCommands = snapshotCommands;
        this.electionTimeoutMillis = electionTimeoutMillis;
        try {
            for (int port : FreePorts.find(size)) {
                peers.put(peers.size() + 1L, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
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
                groups,
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

    RaftHost start(long id, boolean replaceLostDisk) {
        return start(id, options(id, replaceLostDisk));
    }

    RaftHost start(long id, ReplicaOptions options) {
        return start(id, options, PeerVersions.SUPPORTED);
    }

    /** Starts a member as another release. */
    RaftHost start(long id, PeerVersions versions) {
        return start(id, options(id, false), versions);
    }

    private RaftHost start(long id, ReplicaOptions options, PeerVersions versions) {
        RaftHost host = new RaftHost(options, versions);
        host.start();
        running.put(id, host);
        return host;
    }

    RaftHost host(long id) {
        return requireNonNull(running.get(id));
    }

    /** The members in the order of their addresses. */
    List<Long> membersByAddress() {
        return peers.entrySet().stream()
                .sorted(Comparator.comparing(
                        member -> Engine.peerAt(member.getValue()).toString()))
                .map(Map.Entry::getKey)
                .toList();
    }

    RaftReplica get(long id) {
        return get(id, 0);
    }

    RaftReplica get(long id, int group) {
        return requireNonNull(running.get(id)).replicas().get(group);
    }

    /** The replicas of group 0. */
    List<RaftReplica> all() {
        return all(0);
    }

    List<RaftReplica> all(int group) {
        return running.values().stream().map(host -> host.replicas().get(group)).toList();
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
        return leader(0);
    }

    RaftReplica leader(int group) {
        await(
                "a leader of group " + group,
                () -> all(group).stream().anyMatch(replica -> replica.status().isLeader()));
        return all(group).stream()
                .filter(replica -> replica.status().isLeader())
                .findFirst()
                .orElseThrow();
    }

    RaftReplica follower() {
        return follower(0);
    }

    RaftReplica follower(int group) {
        RaftReplica leader = leader(group);
        return all(group).stream()
                .filter(replica -> replica != leader)
                .findFirst()
                .orElseThrow();
    }

    static long id(RaftReplica replica) {
        return replica.status().memberId();
    }

    static Outcome put(Replica replica, String key, String value) {
        return get(replica.propose(Request.of(TxnOperation.Put.of(Bytes.utf8(key), Bytes.utf8(value)))));
    }

    static String read(Replica replica, String key) {
        get(replica.readBarrier());
        Outcome.Ranged found =
                (Outcome.Ranged) replica.keyspace().range(TxnOperation.Range.latest(KeyRange.single(Bytes.utf8(key))));
        return found.keyValues().isEmpty()
                ? ""
                : found.keyValues().get(0).value().toString();
    }

    static <T> T get(CompletableFuture<T> future) {
        return future.orTimeout(WAIT_SECONDS_MAX, TimeUnit.SECONDS).join();
    }

    static void await(String description, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("waited " + WAIT_SECONDS_MAX + " s for " + description);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Override
    public void close() {
        running.values().forEach(RaftHost::stop);
        running.clear();
    }
}

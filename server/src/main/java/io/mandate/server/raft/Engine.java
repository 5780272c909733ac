package io.mandate.server.raft;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.StateMachine;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.DefaultJRaftServiceFactory;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.option.ReadOnlyOption;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.util.Utils;
import com.alipay.sofa.jraft.util.concurrent.DefaultFixedThreadsExecutorGroupFactory;
import com.alipay.sofa.jraft.util.concurrent.FixedThreadsExecutorGroup;
import io.mandate.server.log.DiskFault;
import io.mandate.server.raft.transport.EngineOptions;
import io.mandate.server.raft.transport.PeerTransport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The engine's configuration, with the reason of each setting. */
final class Engine {
    /**
     * The threads that handle append responses, for all groups: each takes microseconds, so no more threads than
     * processors.
     */
    private static final FixedThreadsExecutorGroup APPEND_RESPONSES =
            DefaultFixedThreadsExecutorGroupFactory.INSTANCE.newExecutorGroup(
                    Math.max(2, Utils.cpus()), "append-answers-", Utils.MAX_APPEND_ENTRIES_TASKS_PER_THREAD, true);

    /**
     * The queue bound between two stages of the engine for a single group: the engine's default. Our own windows stay
     * far below.
     */
    private static final int STAGE_ENTRIES_MAX = 16_384;

    /** The minimum for each of many groups, so that a follower that stalls for a moment does not delay its leader. */
    private static final int STAGE_ENTRIES_MIN = 1_024;

    /**
     * Entries or read requests that the engine takes from its queue at a time; its default of 32 limits ReadIndex
     * rounds.
     */
    private static final int APPLY_BATCH = 256;

    /** The size of an append: several of our entries. */
    private static final int APPEND_BYTES_MAX = 4 << 20;

    /** How long to wait for the engine to stop, so that a hanging one does not keep the node from stopping. */
    static final int STOP_MILLIS_MAX = 2_500;

    private Engine() {}

    static RaftOptions raftOptions(ReplicaOptions options) {
        RaftOptions raft = new RaftOptions();
        raft.setSync(true);
        // the default does not force term and vote to disk: a node could vote twice after a power loss
        raft.setSyncMeta(true);
        raft.setReadOnlyOptions(
                ReadOnlyOption.ReadOnlySafe); // leader leases depend on clocks, and on full election timeouts
        raft.setMaxElectionDelayMs((int) options.electionTimeoutMillis());
        raft.setElectionHeartbeatFactor(
                (int) Math.max(2, options.electionTimeoutMillis() / Math.max(1, options.heartbeatMillis())));
        raft.setApplyBatch(APPLY_BATCH);
        raft.setMaxBodySize(APPEND_BYTES_MAX);
        raft.setMaxAppendBufferSize(APPEND_BYTES_MAX);
        raft.setDisruptorBufferSize( // a power of two; slots are allocated up front, four times for each group
                Math.max(STAGE_ENTRIES_MIN, STAGE_ENTRIES_MAX / Integer.highestOneBit(2 * options.groups() - 1)));
        return raft;
    }

    static EngineOptions nodeOptions(
            ReplicaOptions options,
            int group,
            RaftOptions raftOptions,
            PeerTransport transport,
            EngineLog log,
            StateMachine machine,
            Configuration initial) {
        EngineOptions engine = new EngineOptions(transport);
        Path directory = options.dataDirectory().resolve("groups").resolve(Integer.toString(group));
        engine.setLogUri(options.dataDirectory().resolve("log").toString());
        engine.setServiceFactory(new DefaultJRaftServiceFactory() {
            @Override
            public LogStorage createLogStorage(String uri, RaftOptions ignored) {
                return log;
            }
        });
        engine.setRaftMetaUri(directoryFor(directory, "vote"));
        engine.setSnapshotUri(directoryFor(directory, "snapshot"));
        engine.setFsm(machine);
        engine.setInitialConf(initial);
        engine.setRaftOptions(raftOptions);
        engine.setElectionTimeoutMs((int) options.electionTimeoutMillis());
        engine.setSnapshotIntervalSecs(0); // snapshots are taken by number of commands, see RaftReplica
        engine.setDisableCli(true);
        engine.setSharedElectionTimer(true);
        engine.setSharedVoteTimer(true);
        engine.setSharedStepDownTimer(true);
        engine.setSharedSnapshotTimer(true);
        engine.setSharedTimerPool(true);
        engine.setAppendEntriesExecutors(APPEND_RESPONSES);
        engine.setEnableMetrics(false);
        return engine;
    }

    private static String directoryFor(Path parent, String name) {
        try {
            return Files.createDirectories(parent.resolve(name)).toString();
        } catch (IOException failed) {
            throw new UncheckedIOException(
                    "cannot create " + parent.resolve(name) + ": " + DiskFault.reason(failed), failed);
        }
    }

    /** Prepares the engine for a node, once, before its groups start. */
    static void prepare(PeerId self) {
        NodeManager.getInstance().addAddress(self.getEndpoint());
    }

    /** Undoes {@link #prepare}. */
    static void release(PeerId self) {
        NodeManager.getInstance().removeAddress(self.getEndpoint());
    }

    static NodeImpl start(int group, PeerId self, EngineOptions options) {
        NodeImpl node = new NodeImpl(PeerTransport.groupId(group), self);
        boolean started = false;
        try {
            started = node.init(options);
        } finally {
            if (!started) {
                stop(node)
                        .completeOnTimeout(null, STOP_MILLIS_MAX, TimeUnit.MILLISECONDS)
                        .join();
            }
        }
        if (!started) {
            throw new UncheckedIOException(new IOException("the Raft engine did not start on " + options.getLogUri()
                    + "; the log above has the cause. If the disk is full, free space and start again. If it is"
                    + " damaged, empty the data directory and start the node with --initial-cluster-state existing"));
        }
        return node;
    }

    /** Stops a group's engine, also one that did not start; completes when it has stopped. */
    static CompletableFuture<Void> stop(NodeImpl node) {
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        node.shutdown(status -> stopped.complete(null));
        return stopped;
    }

    static List<PeerId> peers(ReplicaOptions options) {
        return options.peers().values().stream()
                .map(Engine::peerAt)
                .sorted((one, other) -> one.toString().compareTo(other.toString()))
                .toList();
    }

    static PeerId peerAt(InetSocketAddress address) {
        return new PeerId(address.getHostString(), address.getPort());
    }
}

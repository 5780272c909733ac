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

/** How the engine is set up, each setting with its reason. */
final class Engine {
    /**
     * Where answers to appends are dealt with, for all groups: each costs microseconds, so no more threads than
     * processors.
     */
    private static final FixedThreadsExecutorGroup APPEND_ANSWERS =
            DefaultFixedThreadsExecutorGroupFactory.INSTANCE.newExecutorGroup(
                    Math.max(2, Utils.cpus()), "append-answers-", Utils.MAX_APPEND_ENTRIES_TASKS_PER_THREAD, true);

    /**
     * What waits between two stages of the engine, for one group alone: its default. Our own windows keep it far below.
     */
    private static final int STAGE_ENTRIES_MAX = 16_384;

    /**
     * And for each of many groups: at least this, so that a follower that stalls for a moment does not hold up its
     * leader.
     */
    private static final int STAGE_ENTRIES_MIN = 1_024;

    /**
     * Entries or read requests that the engine takes from its queue at a time; its default of 32 is what bounds
     * ReadIndex rounds.
     */
    private static final int APPLY_BATCH = 256;

    /** An append carries up to so many bytes: several of our entries. */
    private static final int APPEND_BYTES_MAX = 4 << 20;

    /** An engine that has not ended by then does not end: its node must not wait for it for ever. */
    static final int STOP_MILLIS_MAX = 2_500;

    private Engine() {}

    static RaftOptions raftOptions(ReplicaOptions options) {
        RaftOptions raft = new RaftOptions();
        raft.setSync(true);
        raft.setSyncMeta(true); // the default does not force term and vote: a node could vote twice after a power loss
        raft.setReadOnlyOptions(
                ReadOnlyOption.ReadOnlySafe); // leader leases count on clocks, and on full election time-outs
        raft.setMaxElectionDelayMs((int) options.electionTimeoutMillis());
        raft.setElectionHeartbeatFactor(
                (int) Math.max(2, options.electionTimeoutMillis() / Math.max(1, options.heartbeatMillis())));
        raft.setApplyBatch(APPLY_BATCH);
        raft.setMaxBodySize(APPEND_BYTES_MAX);
        raft.setMaxAppendBufferSize(APPEND_BYTES_MAX);
        raft.setDisruptorBufferSize( // a power of two; its slots are allocated beforehand, four times for each group
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
        engine.setSnapshotIntervalSecs(0); // snapshots are taken by count of commands, see RaftReplica
        engine.setDisableCli(true);
        engine.setSharedElectionTimer(true);
        engine.setSharedVoteTimer(true);
        engine.setSharedStepDownTimer(true);
        engine.setSharedSnapshotTimer(true);
        engine.setSharedTimerPool(true);
        engine.setAppendEntriesExecutors(APPEND_ANSWERS);
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

    /** What a node does once, before its groups start. */
    static void prepare(PeerId self) {
        NodeManager.getInstance().addAddress(self.getEndpoint());
    }

    /** Undoes {@link #prepare}. */
    static void forget(PeerId self) {
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
                    + "; the log above says why. If the disk is full, make room and start again. If it is damaged, empty the data"
                    + " directory and start the node with --initial-cluster-state existing"));
        }
        return node;
    }

    /** Ends a group's engine, also one that did not start; completes when it has ended. */
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

package io.mandate.server.etcd;

import io.grpc.Context;
import io.grpc.Status;
import io.mandate.server.raft.Replica;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Streams whose clients said ({@code hasleader}) that they would rather be told than wait while there is no leader, so
 * that they can turn to another member: on the other side of a cut network there may be one. Thread-safe.
 */
final class RequireLeaderStreams {
    /** etcd's patience: one election may take its time, and a new one to follow. */
    private static final int CHECKS_WITHOUT_LEADER_MAX = 3;

    /** A stream of any service. */
    interface Stream {
        /** Ends the stream, unless it has ended. */
        void fail(Status why);
    }

    private final Replica replica;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private int checksWithoutLeader;

    RequireLeaderStreams(Replica replica) {
        this.replica = replica;
    }

    /** Adds the stream of the present call, if the call's client wants it, until the call ends. */
    void add(Stream stream) {
        if (RequestMetadata.requiresLeader()) {
            streams.add(stream);
            Context.current().addListener(ended -> streams.remove(stream), Runnable::run);
        }
    }

    /**
     * Ends the streams once there has been no leader for three calls in a row. To be called once per election time-out,
     * by one thread.
     */
    void check() {
        checksWithoutLeader = replica.status().hasLeader() ? 0 : checksWithoutLeader + 1;
        if (checksWithoutLeader >= CHECKS_WITHOUT_LEADER_MAX) {
            streams.forEach(stream -> stream.fail(EtcdErrors.NO_LEADER));
        }
    }
}

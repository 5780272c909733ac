package io.mandate.server.etcd.call;

import io.grpc.Context;
import io.grpc.Status;
import io.mandate.server.raft.Replica;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Streams of clients that require a leader ({@code hasleader}): while there is none they fail instead of waiting, so
 * that the client can try another member, which may have a leader on the other side of a partition. Thread-safe.
 */
public final class RequireLeaderStreams {
    /** etcd's bound: time for one election, and for a second one after it. */
    private static final int CHECKS_WITHOUT_LEADER_MAX = 3;

    /** A stream of any service. */
    public interface Stream {
        /** Ends the stream, unless it has ended. */
        void fail(Status status);
    }

    private final Replica replica;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private int checksWithoutLeader;

    public RequireLeaderStreams(Replica replica) {
        this.replica = replica;
    }

    /** Adds the stream of the current call until the call ends, if its client requires a leader. */
    public void add(Stream stream) {
        if (RequestMetadata.requiresLeader()) {
            streams.add(stream);
            Context.current().addListener(ended -> streams.remove(stream), Runnable::run);
        }
    }

    /**
     * Fails the streams once three calls in a row found no leader. One thread must call this once per election timeout.
     */
    public void check() {
        checksWithoutLeader = replica.status().hasLeader() ? 0 : checksWithoutLeader + 1;
        if (checksWithoutLeader >= CHECKS_WITHOUT_LEADER_MAX) {
            streams.forEach(stream -> stream.fail(EtcdErrors.NO_LEADER));
        }
    }
}

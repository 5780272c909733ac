package io.mandate.server.http;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicaStatus;
import io.mandate.server.raft.StateMachineListener;
import java.util.concurrent.CompletableFuture;

/**
 * A replica with what health pages check: a leader, a keyspace with its alarms, a barrier. Healthy until a test changes
 * it; other calls are not supported.
 */
final class HealthyReplica implements Replica {
    private static final long MEMBER_ID = 0xe1;

    private final Keyspace keyspace = new Keyspace(KeyspaceLimits.DEFAULT);
    private long index;
    private volatile boolean leaderKnown = true;
    private volatile boolean broken;
    private volatile CompletableFuture<Void> barrier = CompletableFuture.completedFuture(null);

    synchronized void raise(Alarm.Kind kind) {
        keyspace.apply(++index, 1, Request.of(new Command.SetAlarm(new Alarm(MEMBER_ID, kind), true)));
    }

    void loseLeader() {
        leaderKnown = false;
    }

    void breakStatus() {
        broken = true;
    }

    void barrier(CompletableFuture<Void> next) {
        barrier = next;
    }

    @Override
    public CompletableFuture<Void> readBarrier() {
        return barrier;
    }

    @Override
    public Keyspace keyspace() {
        return keyspace;
    }

    @Override
    public ReplicaStatus status() {
        if (broken) {
            throw new IllegalStateException("planted by the test");
        }
        return new ReplicaStatus(0xc1, MEMBER_ID, leaderKnown ? MEMBER_ID : 0, 1, index, index, 0);
    }

    @Override
    public long term() {
        return 1;
    }

    @Override
    public CompletableFuture<Outcome> propose(Request request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Long> proveLeadership() {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<byte[]> callLeader(LeaderCall kind, byte[] question) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void handleCalls(LeaderCall kind, LeaderCallHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void addListener(StateMachineListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<KeyspaceSnapshot> snapshot() {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Void> moveLeader(long memberId) {
        throw new UnsupportedOperationException();
    }
}

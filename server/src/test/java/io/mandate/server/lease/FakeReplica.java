package io.mandate.server.lease;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicaStatus;
import io.mandate.server.raft.ReplicationException;
import io.mandate.server.raft.ReplicationException.Kind;
import io.mandate.server.raft.StateMachineListener;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/** A replica in memory with a real keyspace. Proofs, proposals and calls wait until the test completes them. */
final class FakeReplica implements Replica {
    record HeldProposal(Request request, CompletableFuture<Outcome> outcome) {
        Command.LeaseExpire expiry() {
            return (Command.LeaseExpire) request.command();
        }
    }

    record HeldCall(LeaderCall kind, List<Long> leaseIds, CompletableFuture<byte[]> response) {}

    final Keyspace keyspace = new Keyspace(KeyspaceLimits.DEFAULT);
    final Queue<CompletableFuture<Long>> proofs = new ArrayDeque<>();
    final Queue<HeldProposal> proposals = new ArrayDeque<>();
    final Queue<HeldCall> calls = new ArrayDeque<>();
    private final List<StateMachineListener> listeners = new ArrayList<>();
    private final Map<LeaderCall, LeaderCallHandler> handlers = new EnumMap<>(LeaderCall.class);
    long term = 1;

    void gainLeadership(long newTerm) {
        term = newTerm;
        listeners.forEach(listener -> listener.leadershipGained(newTerm));
    }

    void loseLeadership() {
        listeners.forEach(StateMachineListener::leadershipLost);
    }

    Outcome apply(Command command) {
        return apply(term, Request.of(command)).outcome();
    }

    Applied apply(long entryTerm, Request request) {
        Applied applied = keyspace.apply(keyspace.appliedIndex() + 1, entryTerm, request);
        listeners.forEach(listener -> listener.applied(entryTerm, List.of(applied)));
        return applied;
    }

    void grant(long leaseId, long ttlMillis) {
        apply(new Command.LeaseGrant(leaseId, ttlMillis));
    }

    void proveAll() {
        for (CompletableFuture<Long> proof = proofs.poll(); proof != null; proof = proofs.poll()) {
            proof.complete(term);
        }
    }

    void failProofs(Kind kind) {
        for (CompletableFuture<Long> proof = proofs.poll(); proof != null; proof = proofs.poll()) {
            proof.completeExceptionally(new ReplicationException(kind, "planted by the test"));
        }
    }

    /** Applies the oldest proposal and completes it. */
    void applyProposal() {
        HeldProposal proposal = proposals.remove();
        proposal.outcome.complete(apply(term, proposal.request).outcome());
    }

    CompletableFuture<byte[]> callHandler(LeaderCall kind, byte[] request) {
        LeaderCallHandler handler = handlers.get(kind);
        if (handler == null) {
            throw new AssertionError("no handler for " + kind);
        }
        return handler.handle(request);
    }

    @Override
    public CompletableFuture<Outcome> propose(Request request) {
        HeldProposal proposal = new HeldProposal(request, new CompletableFuture<>());
        proposals.add(proposal);
        return proposal.outcome;
    }

    @Override
    public CompletableFuture<Long> proveLeadership() {
        CompletableFuture<Long> proof = new CompletableFuture<>();
        proofs.add(proof);
        return proof;
    }

    @Override
    public CompletableFuture<byte[]> callLeader(LeaderCall kind, byte[] request) {
        HeldCall call = new HeldCall(
                kind, LeaseTimesCodec.decodeRequest(request, LeaseRequests.PER_MESSAGE_MAX), new CompletableFuture<>());
        calls.add(call);
        return call.response;
    }

    @Override
    public void handleCalls(LeaderCall kind, LeaderCallHandler handler) {
        handlers.put(kind, handler);
    }

    @Override
    public void addListener(StateMachineListener listener) {
        listeners.add(listener);
    }

    @Override
    public Keyspace keyspace() {
        return keyspace;
    }

    @Override
    public CompletableFuture<Void> readBarrier() {
        throw new AssertionError("the keeper does not call this");
    }

    @Override
    public CompletableFuture<KeyspaceSnapshot> snapshot() {
        return CompletableFuture.completedFuture(keyspace.capture());
    }

    @Override
    public long term() {
        return status().term();
    }

    @Override
    public ReplicaStatus status() {
        throw new AssertionError("the keeper does not call this");
    }

    @Override
    public CompletableFuture<Void> moveLeader(long memberId) {
        throw new AssertionError("the keeper does not call this");
    }
}

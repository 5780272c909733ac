package io.mandate.server.lease;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceLimits;
import io.mandate.keyspace.KeyspaceSnapshot;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
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

/**
 * A replica in memory: a real keyspace; proofs, proposals and calls wait until the test decides what becomes of them.
 */
final class FakeReplica implements Replica {
    record Proposal(Request request, CompletableFuture<Outcome> outcome) {
        Command.LeaseExpire expiry() {
            return (Command.LeaseExpire) request.command();
        }
    }

    record Call(LeaderCall kind, List<Long> leaseIds, CompletableFuture<byte[]> answer) {}

    final Keyspace keyspace = new Keyspace(KeyspaceLimits.DEFAULT);
    final Queue<CompletableFuture<Long>> proofs = new ArrayDeque<>();
    final Queue<Proposal> proposals = new ArrayDeque<>();
    final Queue<Call> calls = new ArrayDeque<>();
    private final List<StateMachineListener> listeners = new ArrayList<>();
    private final Map<LeaderCall, LeaderCallHandler> handlers = new EnumMap<>(LeaderCall.class);
    long term = 1;

    void gain(long newTerm) {
        term = newTerm;
        listeners.forEach(listener -> listener.leadershipGained(newTerm));
    }

    void lose() {
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
            proof.completeExceptionally(new ReplicationException(kind, "as the test wishes"));
        }
    }

    /** Applies the proposal that waits longest and answers it. */
    void applyProposal() {
        Proposal proposal = proposals.remove();
        proposal.outcome.complete(apply(term, proposal.request).outcome());
    }

    CompletableFuture<byte[]> askHandler(LeaderCall kind, byte[] question) {
        LeaderCallHandler handler = handlers.get(kind);
        if (handler == null) {
            throw new AssertionError("no handler for " + kind);
        }
        return handler.answer(question);
    }

    @Override
    public CompletableFuture<Outcome> propose(Request request) {
        Proposal proposal = new Proposal(request, new CompletableFuture<>());
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
    public CompletableFuture<byte[]> askLeader(LeaderCall kind, byte[] question) {
        Call call = new Call(
                kind, LeaseTimesCodec.leaseIds(question, LeaseRequests.PER_MESSAGE_MAX), new CompletableFuture<>());
        calls.add(call);
        return call.answer;
    }

    @Override
    public void answerCalls(LeaderCall kind, LeaderCallHandler handler) {
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
        throw new AssertionError("not the keeper's business");
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
        throw new AssertionError("not the keeper's business");
    }

    @Override
    public CompletableFuture<Void> moveLeader(long memberId) {
        throw new AssertionError("not the keeper's business");
    }
}

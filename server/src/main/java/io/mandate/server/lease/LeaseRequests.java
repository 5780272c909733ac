package io.mandate.server.lease;

import io.mandate.keyspace.api.Lease;
import io.mandate.server.raft.Replica.LeaderCall;
import io.mandate.server.raft.ReplicationException;
import io.mandate.server.raft.ReplicationException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Answers renewals and queries of the remaining time. Confined to the keeper's thread.
 *
 * <p>On the leader, all waiting requests share one proof of leadership that begins after they arrived (L2). Another
 * node sends them to the leader in one message. While there is no leader they are held back for a moment and retried: a
 * renewal that was not acknowledged promised nothing, so a retry is harmless.
 */
final class LeaseRequests {
    /** Requests in one message to the leader. */
    static final int PER_MESSAGE_MAX = 8_192;

    /** Messages to the leader in flight: the next is filled while these are answered. */
    private static final int MESSAGES_MAX = 4;

    /** Proofs of leadership in flight: a request that arrives during one does not wait for its end. */
    private static final int PROOFS_MAX = 2;

    private static final long RETRY_NANOS = 50_000_000;

    /**
     * How long a request is retried: the usual time of a leader change; a client that waits longer had better use
     * another node.
     */
    private static final long RETRY_NANOS_MAX = 1_000_000_000;

    private record Retry(LeaseRequest request, long atNanos) {}

    private final LeaseContext context;
    private List<LeaseRequest> waiting = new ArrayList<>();
    private final Set<List<LeaseRequest>> inProof = identitySet();
    private final Set<List<LeaseRequest>> inMessage = identitySet();
    private final Map<Long, List<LeaseRequest>> ofExpiring = new HashMap<>();
    private final Deque<Retry> retries = new ArrayDeque<>();

    LeaseRequests(LeaseContext context) {
        this.context = context;
    }

    private static Set<List<LeaseRequest>> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    void add(LeaseRequest request) {
        request.retryDeadlineNanos = context.nowNanos + RETRY_NANOS_MAX;
        waiting.add(request);
    }

    /** The time of the next action if no event comes before; {@link Long#MAX_VALUE} for none. */
    long nextNanos() {
        return retries.isEmpty() ? Long.MAX_VALUE : retries.getFirst().atNanos;
    }

    /** Sends the waiting requests. */
    void send() {
        while (!retries.isEmpty() && retries.getFirst().atNanos <= context.nowNanos) {
            waiting.add(retries.removeFirst().request);
        }
        if (waiting.isEmpty()) {
            return;
        }
        if (context.isLeading()) {
            proveLeadership();
        } else {
            refusePeerRequests();
            send(LeaderCall.RENEW_LEASES);
            send(LeaderCall.LEASE_TIME_TO_LIVE);
        }
    }

    private void proveLeadership() {
        if (inProof.size() == PROOFS_MAX) {
            return;
        }
        List<LeaseRequest> batch = waiting;
        waiting = new ArrayList<>();
        inProof.add(batch);
        context.replica
                .proveLeadership()
                .whenComplete((term, failure) -> context.loop.execute(() -> {
                    inProof.remove(batch);
                    onProof(batch, failure == null ? term : 0, failure);
                }));
    }

    private void onProof(List<LeaseRequest> batch, long term, @Nullable Throwable failure) {
        for (LeaseRequest request : batch) {
            if (failure != null) {
                failed(request, failure);
            } else if (term != context.leaderTerm) {
                failed(request, new ReplicationException(Kind.NOT_LEADER, "the proof is of another term"));
            } else {
                respond(request);
            }
        }
    }

    /**
     * Answers a request after a proof of leadership. The keyspace decides whether a lease exists: a proof may complete
     * before the listener was notified of the entries applied before it.
     */
    private void respond(LeaseRequest request) {
        Optional<Lease> found = context.replica.keyspace().lease(request.leaseId);
        if (found.isEmpty()) {
            request.complete(LeaseTime.NOT_FOUND);
            return;
        }
        Lease lease = found.get();
        if (request.kind == LeaderCall.LEASE_TIME_TO_LIVE) {
            request.complete(context.clock.time(lease, context.nowNanos));
        } else if (context.clock.renew(lease, context.nowNanos) == LeaseClock.State.RUNNING) {
            context.renewed.increment();
            request.complete(new LeaseTime(lease.ttlMillis(), lease.ttlMillis()));
        } else {
            ofExpiring.computeIfAbsent(lease.id(), none -> new ArrayList<>(1)).add(request);
        }
    }

    /** Refuses the requests of nodes that believed this one to be the leader; they may retry. */
    private void refusePeerRequests() {
        List<LeaseRequest> local = new ArrayList<>(waiting.size());
        for (LeaseRequest request : waiting) {
            if (request.isLocal()) {
                local.add(request);
            } else {
                request.fail(new ReplicationException(Kind.NOT_LEADER, "this node is not the leader"));
            }
        }
        waiting = local;
    }

    private void send(LeaderCall kind) {
        while (inMessage.size() < MESSAGES_MAX) {
            List<LeaseRequest> batch = new ArrayList<>();
            List<LeaseRequest> rest = new ArrayList<>();
            for (LeaseRequest request : waiting) {
                (request.kind == kind && batch.size() < PER_MESSAGE_MAX ? batch : rest).add(request);
            }
            if (batch.isEmpty()) {
                return;
            }
            waiting = rest;
            inMessage.add(batch);
            context.replica
                    .callLeader(
                            kind,
                            LeaseTimesCodec.encodeRequest(batch.stream()
                                    .map(request -> request.leaseId)
                                    .toList()))
                    .whenComplete((response, failure) -> context.loop.execute(() -> {
                        inMessage.remove(batch);
                        onResponse(batch, response, failure);
                    }));
        }
    }

    private void onResponse(List<LeaseRequest> batch, byte @Nullable [] response, @Nullable Throwable failure) {
        if (response == null) {
            Throwable cause = failure == null ? new IllegalStateException("the leader's response is empty") : failure;
            batch.forEach(request -> failed(request, cause));
            return;
        }
        try {
            List<LeaseTime> times = LeaseTimesCodec.decodeResponse(response, batch.size());
            for (int i = 0; i < times.size(); i++) {
                batch.get(i).complete(times.get(i));
            }
        } catch (IllegalArgumentException malformed) {
            batch.forEach(request -> request.fail(malformed));
        }
    }

    private void failed(LeaseRequest request, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Kind kind = cause instanceof ReplicationException known ? known.kind() : null;
        boolean leaderLost = kind == Kind.NOT_LEADER || kind == Kind.LEADER_CHANGED || kind == Kind.NO_LEADER;
        if (leaderLost && request.isLocal() && context.nowNanos < request.retryDeadlineNanos) {
            retries.addLast(new Retry(request, context.nowNanos + RETRY_NANOS));
        } else if (kind == Kind.NOT_LEADER && request.isLocal()) {
            request.fail(new ReplicationException(Kind.LEADER_CHANGED, "leadership was lost before the answer"));
        } else {
            request.fail(cause);
        }
    }

    /** The leases of the waiting requests, whose completion may move the deadline. */
    Set<Long> requestedLeases() {
        Set<Long> leaseIds = new HashSet<>();
        waiting.forEach(request -> leaseIds.add(request.leaseId));
        inProof.forEach(batch -> batch.forEach(request -> leaseIds.add(request.leaseId)));
        return leaseIds;
    }

    /** A lease has ended; completes the requests that arrived while it was expiring. */
    void ended(long leaseId) {
        List<LeaseRequest> late = ofExpiring.remove(leaseId);
        if (late != null) {
            late.forEach(request -> request.complete(LeaseTime.NOT_FOUND));
        }
    }

    /** A lease is no longer expiring; its requests wait for a new proof. */
    void reinstated(long leaseId) {
        List<LeaseRequest> retried = ofExpiring.remove(leaseId);
        if (retried != null) {
            waiting.addAll(retried);
        }
    }

    /** The outcome of the expiring leases is known to the next leader only. */
    void leadershipLost() {
        ofExpiring.values().forEach(waiting::addAll);
        ofExpiring.clear();
    }

    void failAll(Throwable failure) {
        List<LeaseRequest> all = new ArrayList<>(waiting);
        inProof.forEach(all::addAll);
        inMessage.forEach(all::addAll);
        ofExpiring.values().forEach(all::addAll);
        retries.forEach(retry -> all.add(retry.request));
        all.forEach(request -> request.fail(failure));
    }
}

package io.mandate.server.lease;

import io.mandate.keyspace.Lease;
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
 * Answers renewals and questions about the time that leases have. Belongs to the keeper's thread.
 *
 * <p>On the leader all that wait share one proof of leadership that begins after they came (L2). Elsewhere they go to
 * the leader in one message. Between leaders they are held back for a moment and asked anew: a renewal that was not
 * acknowledged promised nothing, so asking again is harmless.
 */
final class LeaseRequests {
    /** Questions in one message to the leader. */
    static final int PER_MESSAGE_MAX = 8_192;

    /** Messages to the leader under way: the next is filled while these are answered. */
    private static final int MESSAGES_MAX = 4;

    /** Proofs under way: who comes during one does not have to wait for its end. */
    private static final int PROOFS_MAX = 2;

    private static final long RETRY_NANOS = 50_000_000;

    /** As long as changing the leader usually takes; a client that waits longer had better ask another node. */
    private static final long GIVE_UP_NANOS = 1_000_000_000;

    private record Retry(LeaseRequest question, long atNanos) {}

    private final LeaseContext keeping;
    private List<LeaseRequest> waiting = new ArrayList<>();
    private final Set<List<LeaseRequest>> inProof = identitySet();
    private final Set<List<LeaseRequest>> inMessage = identitySet();
    private final Map<Long, List<LeaseRequest>> ofCondemned = new HashMap<>();
    private final Deque<Retry> retries = new ArrayDeque<>();

    LeaseRequests(LeaseContext keeping) {
        this.keeping = keeping;
    }

    private static Set<List<LeaseRequest>> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    void add(LeaseRequest question) {
        question.giveUpNanos = keeping.nowNanos + GIVE_UP_NANOS;
        waiting.add(question);
    }

    /** When something is to be done although nothing happens; {@link Long#MAX_VALUE} for never. */
    long nextNanos() {
        return retries.isEmpty() ? Long.MAX_VALUE : retries.getFirst().atNanos;
    }

    /** Sends what waits on its way. */
    void send() {
        while (!retries.isEmpty() && retries.getFirst().atNanos <= keeping.nowNanos) {
            waiting.add(retries.removeFirst().question);
        }
        if (waiting.isEmpty()) {
            return;
        }
        if (keeping.isLeading()) {
            prove();
        } else {
            refuseOthers();
            askLeader(LeaderCall.RENEW_LEASES);
            askLeader(LeaderCall.LEASE_TIME_TO_LIVE);
        }
    }

    private void prove() {
        if (inProof.size() == PROOFS_MAX) {
            return;
        }
        List<LeaseRequest> asked = waiting;
        waiting = new ArrayList<>();
        inProof.add(asked);
        keeping.replica
                .proveLeadership()
                .whenComplete((term, failure) -> keeping.loop.execute(() -> {
                    inProof.remove(asked);
                    proven(asked, failure == null ? term : 0, failure);
                }));
    }

    private void proven(List<LeaseRequest> asked, long term, @Nullable Throwable failure) {
        for (LeaseRequest question : asked) {
            if (failure != null) {
                failed(question, failure);
            } else if (term != keeping.leaderTerm) {
                failed(question, new ReplicationException(Kind.NOT_LEADER, "the proof is of another term"));
            } else {
                settle(question);
            }
        }
    }

    /**
     * Answers under proven leadership. The keyspace has the last word on whether a lease exists: a proof may come
     * before the news of what was applied before it.
     */
    private void settle(LeaseRequest question) {
        Optional<Lease> found = keeping.replica.keyspace().lease(question.leaseId);
        if (found.isEmpty()) {
            question.answer(LeaseTime.GONE);
            return;
        }
        Lease lease = found.get();
        if (question.kind == LeaderCall.LEASE_TIME_TO_LIVE) {
            question.answer(keeping.clock.time(lease, keeping.nowNanos));
        } else if (keeping.clock.renew(lease, keeping.nowNanos) == LeaseClock.State.RUNNING) {
            keeping.renewed.increment();
            question.answer(new LeaseTime(lease.ttlMillis(), lease.ttlMillis()));
        } else {
            ofCondemned.computeIfAbsent(lease.id(), none -> new ArrayList<>(1)).add(question);
        }
    }

    /** Another node took this one for the leader; it may ask again. */
    private void refuseOthers() {
        List<LeaseRequest> ours = new ArrayList<>(waiting.size());
        for (LeaseRequest question : waiting) {
            if (question.isOurs()) {
                ours.add(question);
            } else {
                question.fail(new ReplicationException(Kind.NOT_LEADER, "this node does not lead"));
            }
        }
        waiting = ours;
    }

    private void askLeader(LeaderCall kind) {
        while (inMessage.size() < MESSAGES_MAX) {
            List<LeaseRequest> asked = new ArrayList<>();
            List<LeaseRequest> rest = new ArrayList<>();
            for (LeaseRequest question : waiting) {
                (question.kind == kind && asked.size() < PER_MESSAGE_MAX ? asked : rest).add(question);
            }
            if (asked.isEmpty()) {
                return;
            }
            waiting = rest;
            inMessage.add(asked);
            keeping.replica
                    .askLeader(
                            kind,
                            LeaseTimesCodec.question(asked.stream()
                                    .map(question -> question.leaseId)
                                    .toList()))
                    .whenComplete((answer, failure) -> keeping.loop.execute(() -> {
                        inMessage.remove(asked);
                        answered(asked, answer, failure);
                    }));
        }
    }

    private void answered(List<LeaseRequest> asked, byte @Nullable [] answer, @Nullable Throwable failure) {
        if (answer == null) {
            Throwable cause = failure == null ? new IllegalStateException("the leader answered nothing") : failure;
            asked.forEach(question -> failed(question, cause));
            return;
        }
        try {
            List<LeaseTime> times = LeaseTimesCodec.times(answer, asked.size());
            for (int i = 0; i < times.size(); i++) {
                asked.get(i).answer(times.get(i));
            }
        } catch (IllegalArgumentException malformed) {
            asked.forEach(question -> question.fail(malformed));
        }
    }

    private void failed(LeaseRequest question, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Kind kind = cause instanceof ReplicationException known ? known.kind() : null;
        boolean leaderLost = kind == Kind.NOT_LEADER || kind == Kind.LEADER_CHANGED || kind == Kind.NO_LEADER;
        if (leaderLost && question.isOurs() && keeping.nowNanos < question.giveUpNanos) {
            retries.addLast(new Retry(question, keeping.nowNanos + RETRY_NANOS));
        } else if (kind == Kind.NOT_LEADER && question.isOurs()) {
            question.fail(new ReplicationException(Kind.LEADER_CHANGED, "leadership was lost before the answer"));
        } else {
            question.fail(cause);
        }
    }

    /** The leases that a question waits for whose answer may move their deadline. */
    Set<Long> leasesAskedFor() {
        Set<Long> leaseIds = new HashSet<>();
        waiting.forEach(question -> leaseIds.add(question.leaseId));
        inProof.forEach(asked -> asked.forEach(question -> leaseIds.add(question.leaseId)));
        return leaseIds;
    }

    /** A lease is gone; who asked for it while it was condemned learns so. */
    void ended(long leaseId) {
        List<LeaseRequest> tooLate = ofCondemned.remove(leaseId);
        if (tooLate != null) {
            tooLate.forEach(question -> question.answer(LeaseTime.GONE));
        }
    }

    /** A lease is no longer condemned; who asked for it meanwhile is heard anew. */
    void pardoned(long leaseId) {
        List<LeaseRequest> again = ofCondemned.remove(leaseId);
        if (again != null) {
            waiting.addAll(again);
        }
    }

    /** What comes of condemned leases is for another leader to tell. */
    void leadershipLost() {
        ofCondemned.values().forEach(waiting::addAll);
        ofCondemned.clear();
    }

    void failAll(Throwable failure) {
        List<LeaseRequest> all = new ArrayList<>(waiting);
        inProof.forEach(all::addAll);
        inMessage.forEach(all::addAll);
        ofCondemned.values().forEach(all::addAll);
        retries.forEach(retry -> all.add(retry.question));
        all.forEach(question -> question.fail(failure));
    }
}

package io.mandate.server.lease;

import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.server.raft.ReplicationException;
import io.mandate.server.raft.ReplicationException.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Two keepers over a modelled replicated log, driven by one seed: the leader changes (the old one is notified late or
 * not for a while), loops are suspended, proofs and messages are delayed, outcomes are lost. Invariants are checked at
 * each step; see {@link #failIf}.
 */
final class LeaseSimulation {
    /** Faults planted in the model, which the invariants must detect. */
    enum Mutant {
        NONE,
        PROOF_IS_ASSUMED,
        STALE_LEADER_EXPIRES,
        SUSPENSION_IS_NOT_NOTICED,
        PROMOTION_KEEPS_OLD_DEADLINES
    }

    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1;
        final String invariant;

        Violation(String invariant, String message) {
            super(invariant + ": " + message);
            this.invariant = invariant;
        }
    }

    private static final long MILLI = 1_000_000;
    private static final long STEP_NANOS = 10 * MILLI;

    /** A keeper that sleeps for up to 100 ms cannot distinguish a suspension of up to this length from a delay. */
    private static final long UNNOTICED_NANOS_MAX = 100 * MILLI + SuspensionAwareClock.LATE_NANOS_MAX;

    private record CommittedEntry(long term, Request request) {}

    private record PendingProof(CompletableFuture<Long> proof, long startedNanos) {}

    private final class SimulatedNode {
        final FakeReplica replica = new FakeReplica();
        long offsetNanos;
        final LeaseKeeper keeper = new LeaseKeeper(replica, () -> nowNanos + offsetNanos);
        final List<PendingProof> proofs = new ArrayList<>();
        final Map<Long, Long> renewedNanos = new HashMap<>();
        final Set<Command.Expiry> proposed = new HashSet<>();
        int appliedEntries;
        long suspendedUntilNanos;
        long resumedNanos = -1;

        /** The time for which the node ran, including the part of each suspension that a keeper cannot notice. */
        long runningNanos;

        long provenStartNanos = -1;

        /** The term in which the node believes to lead, 0 for none. */
        long believedTerm;

        long gainedNanos;

        boolean isSuspended() {
            return nowNanos < suspendedUntilNanos;
        }
    }

    private static final class SimulatedClient {
        final long leaseId;
        final long ttlNanos;

        /** No observer may see the lease expired before this time. */
        long safeUntilNanos;

        long endedNanos = -1;

        SimulatedClient(long leaseId, long ttlNanos) {
            this.leaseId = leaseId;
            this.ttlNanos = ttlNanos;
        }
    }

    private final Random random;
    private final Mutant mutant;
    private final List<CommittedEntry> log = new ArrayList<>();

    /** Proposals with an unknown outcome that are committed later. */
    private final List<Request> lateCommits = new ArrayList<>();

    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final Map<Long, SimulatedClient> clients = new HashMap<>();
    private long nowNanos = 1_000;
    private long term;
    private int leader;
    private long lastLeaseId;
    private @Nullable Violation found;
    int acknowledged;
    int expired;
    int unknownOutcomes;

    LeaseSimulation(long seed, Mutant mutant) {
        this.random = new Random(seed);
        this.mutant = mutant;
        nodes.add(new SimulatedNode());
        nodes.add(new SimulatedNode());
    }

    private static void failIf(boolean condition, String invariant, String message) {
        if (condition) {
            throw new Violation(invariant, message);
        }
    }

    void run(int steps) {
        elect();
        for (int i = 0; i < steps; i++) {
            nowNanos += STEP_NANOS;
            injectEvent();
            for (SimulatedNode node : nodes) {
                step(node);
            }
            if (found != null) {
                throw found;
            }
        }
        if (mutant == Mutant.NONE) {
            nodes.forEach(node -> node.keeper.close());
        }
    }

    private void injectEvent() {
        SimulatedNode node = nodes.get(random.nextInt(2));
        int choice = random.nextInt(400);
        if (choice > 380 && !lateCommits.isEmpty()) {
            append(term, lateCommits.remove(0));
        } else if (choice == 0) {
            elect();
        } else if (choice < 3) {
            node.suspendedUntilNanos = nowNanos + (200 + random.nextInt(2_000)) * MILLI;
            node.runningNanos += UNNOTICED_NANOS_MAX;
        } else if (choice < 15 && clients.size() < 12) {
            append(term, Request.of(new Command.LeaseGrant(++lastLeaseId, 100 + random.nextInt(900))));
        } else if (choice < 120) {
            renewRandomLeases();
        }
    }

    private void elect() {
        term += 2;
        leader = random.nextInt(2);
    }

    private void renewRandomLeases() {
        for (SimulatedClient client : clients.values()) {
            if (client.endedNanos < 0 && random.nextInt(3) == 0) {
                renew(client, nodes.get(random.nextInt(2)));
            }
        }
    }

    private void renew(SimulatedClient client, SimulatedNode node) {
        long sentNanos = nowNanos;
        node.keeper.renew(client.leaseId).whenComplete((time, failure) -> {
            if (failure != null || time.isNotFound()) {
                return;
            }
            acknowledged++;
            try {
                acknowledged(client, sentNanos);
                if (nodes.get(leader) == node && node.believedTerm == term) {
                    node.renewedNanos.put(client.leaseId, node.runningNanos);
                }
            } catch (Violation violation) {
                found = violation; // a future swallows it
            }
        });
    }

    private void acknowledged(SimulatedClient client, long sentNanos) {
        long safeUntilNanos = sentNanos + client.ttlNanos;
        failIf(
                nodes.stream().allMatch(each -> each.provenStartNanos < sentNanos),
                "L2",
                "acknowledged without a proof that started after it was sent");
        failIf(
                client.endedNanos >= 0 && client.endedNanos < safeUntilNanos,
                "L1",
                "acknowledged although it ended before its TTL");
        client.safeUntilNanos = Math.max(client.safeUntilNanos, safeUntilNanos);
    }

    /** Commits an entry. */
    private void append(long entryTerm, Request request) {
        log.add(new CommittedEntry(entryTerm, request));
    }

    private void step(SimulatedNode node) {
        boolean leads = nodes.get(leader) == node;
        if (node.isSuspended()) {
            if (mutant == Mutant.SUSPENSION_IS_NOT_NOTICED) {
                runOnce(node); // its loop runs on, without input
            }
            return;
        }
        if (node.suspendedUntilNanos > node.resumedNanos) {
            node.resumedNanos = nowNanos;
        }
        node.runningNanos += STEP_NANOS;
        updateLeadership(node, leads);
        apply(node);
        deliver(node, leads);
        runOnce(node);
        collectOutput(node);
    }

    private void runOnce(SimulatedNode node) {
        node.keeper.runOnce();
        node.keeper.sleepNanos();
    }

    private void updateLeadership(SimulatedNode node, boolean leads) {
        if (node.believedTerm != 0 && (!leads || node.believedTerm != term) && random.nextInt(20) == 0) {
            node.believedTerm = 0;
            node.replica.loseLeadership();
        } else if (leads && node.believedTerm == 0 && random.nextInt(5) == 0) {
            apply(node);
            node.believedTerm = term;
            node.proposed.clear();
            node.gainedNanos = nowNanos;
            node.replica.gainLeadership(term);
            if (mutant == Mutant.PROMOTION_KEEPS_OLD_DEADLINES) {
                for (int i = 0; i < 50; i++) {
                    node.offsetNanos += STEP_NANOS;
                    runOnce(node);
                }
            }
        }
    }

    private void apply(SimulatedNode node) {
        while (node.appliedEntries < log.size()) {
            CommittedEntry entry = log.get(node.appliedEntries++);
            Applied applied = node.replica.apply(entry.term, entry.request);
            for (Applied.LeaseChange change : applied.leaseChanges()) {
                observe(node, change);
            }
        }
    }

    /** Updates the clients' view: the first node that applies an entry makes its effect visible. */
    private void observe(SimulatedNode node, Applied.LeaseChange change) {
        node.renewedNanos.put(change.leaseId(), node.runningNanos);
        if (change instanceof Applied.LeaseStarted started) {
            long ttlNanos = started.lease().ttlMillis() * MILLI;
            clients.computeIfAbsent(change.leaseId(), id -> new SimulatedClient(id, ttlNanos));
            return;
        }
        SimulatedClient client = clients.get(change.leaseId());
        if (client != null && client.endedNanos < 0) {
            client.endedNanos = nowNanos;
            expired++;
            failIf(nowNanos < client.safeUntilNanos, "L1", "lease " + client.leaseId + " ended too early");
        }
    }

    /** Completes, fails or delays the proofs and calls in flight. */
    private void deliver(SimulatedNode node, boolean leads) {
        for (PendingProof pending : List.copyOf(node.proofs)) {
            if (mutant == Mutant.PROOF_IS_ASSUMED) {
                pending.proof.complete(node.believedTerm);
            } else if (random.nextInt(3) > 0) {
                continue;
            } else if (mutant == Mutant.STALE_LEADER_EXPIRES && node.believedTerm != 0) {
                node.provenStartNanos = pending.startedNanos;
                pending.proof.complete(node.believedTerm);
            } else if (leads && node.believedTerm == term) {
                node.provenStartNanos = Math.max(node.provenStartNanos, pending.startedNanos);
                pending.proof.complete(term);
            } else {
                pending.proof.completeExceptionally(new ReplicationException(Kind.NOT_LEADER, "deposed"));
            }
            node.proofs.remove(pending);
        }
        for (FakeReplica.HeldCall call : List.copyOf(node.replica.calls)) {
            if (random.nextInt(2) == 0) {
                node.replica.calls.remove(call);
                forward(call, nodes.get(random.nextInt(6) == 0 ? 1 - leader : leader));
            }
        }
    }

    private static void forward(FakeReplica.HeldCall call, SimulatedNode to) {
        to.replica
                .callHandler(call.kind(), LeaseTimesCodec.encodeRequest(call.leaseIds()))
                .whenComplete((response, failure) -> {
                    if (failure == null) {
                        call.response().complete(response);
                    } else {
                        call.response().completeExceptionally(new ReplicationException(Kind.LEADER_CHANGED, "lost"));
                    }
                });
    }

    /** Collects the keeper's proofs and proposals after its run. */
    private void collectOutput(SimulatedNode node) {
        for (var proof = node.replica.proofs.poll(); proof != null; proof = node.replica.proofs.poll()) {
            node.proofs.add(new PendingProof(proof, nowNanos));
        }
        for (var proposal = node.replica.proposals.poll(); proposal != null; proposal = node.replica.proposals.poll()) {
            proposal.expiry().expiries().forEach(expiry -> checkExpiry(node, expiry));
            commitOrDrop(node, proposal);
        }
    }

    private void checkExpiry(SimulatedNode node, Command.Expiry expiry) {
        if (!node.proposed.add(expiry)) {
            return; // a retry
        }
        SimulatedClient client = clients.get(expiry.leaseId());
        if (client == null) {
            throw new AssertionError("expiry of an unknown lease");
        }
        failIf(
                nowNanos < node.gainedNanos + client.ttlNanos,
                "L4",
                "expired " + (nowNanos - node.gainedNanos) / MILLI + " ms after promotion");
        long renewedNanos = node.renewedNanos.getOrDefault(expiry.leaseId(), 0L);
        failIf(
                node.runningNanos - renewedNanos + STEP_NANOS < client.ttlNanos,
                "L3-suspension",
                "the time of a suspension was counted");
        failIf(
                node.resumedNanos >= 0 && node.provenStartNanos < node.resumedNanos,
                "L3",
                "no proof of leadership since it resumed");
    }

    private void commitOrDrop(SimulatedNode node, FakeReplica.HeldProposal proposal) {
        boolean current = nodes.get(leader) == node && node.believedTerm == term;
        Request request = proposal.request();
        if (mutant == Mutant.STALE_LEADER_EXPIRES) {
            request = Request.of(new Command.LeaseExpire(term, proposal.expiry().expiries()));
        } else if (!current && random.nextBoolean()) {
            proposal.outcome().completeExceptionally(new ReplicationException(Kind.NO_LEADER, "not sent"));
            return;
        }
        if (random.nextInt(4) == 0) {
            unknownOutcomes++;
            proposal.outcome().completeExceptionally(new ReplicationException(Kind.TIMED_OUT, "unknown"));
            if (random.nextBoolean()) {
                lateCommits.add(request); // applied in the same term or a later one
            }
            return;
        }
        lateCommits.forEach(before -> append(term, before));
        lateCommits.clear();
        append(term, request);
        apply(node);
        boolean stale = proposal.expiry().leaderTerm() != term && mutant != Mutant.STALE_LEADER_EXPIRES;
        long revision = node.replica.keyspace.revision();
        proposal.outcome()
                .complete(
                        stale
                                ? new Outcome.Refused(revision, Outcome.Refused.Reason.STALE_TERM)
                                : new Outcome.Done(revision));
    }
}

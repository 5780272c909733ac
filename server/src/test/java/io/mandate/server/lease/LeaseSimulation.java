package io.mandate.server.lease;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
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
 * Two keepers over a modelled replicated log, run from one seed: leaders change (the old one hears of it late or not at
 * all for a while), loops are suspended, proofs and messages are delayed, outcomes are lost. Invariants are checked as
 * things happen; see {@link #violated}.
 */
final class LeaseSimulation {
    /** Faults planted in the model, which must be found. */
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

        Violation(String invariant, String what) {
            super(invariant + ": " + what);
            this.invariant = invariant;
        }
    }

    private static final long MILLI = 1_000_000;
    private static final long STEP_NANOS = 10 * MILLI;

    /** A keeper that sleeps up to 100 ms cannot tell these from the beginning of a suspension. */
    private static final long UNNOTICED_NANOS_MAX = 100 * MILLI + SuspensionAwareClock.LATE_NANOS_MAX;

    private record Entry(long term, Request request) {}

    private record HeldProof(CompletableFuture<Long> proof, long startedNanos) {}

    private final class Node {
        final FakeReplica replica = new FakeReplica();
        long offsetNanos;
        final LeaseKeeper keeper = new LeaseKeeper(replica, () -> nowNanos + offsetNanos);
        final List<HeldProof> proofs = new ArrayList<>();
        final Map<Long, Long> heardNanos = new HashMap<>();
        final Set<Command.Expiry> proposed = new HashSet<>();
        int appliedEntries;
        long suspendedUntilNanos;
        long wokeNanos = -1;

        /** How long it ran, with what of each suspension a keeper cannot notice. */
        long awakeNanos;

        long provenStartNanos = -1;

        /** The term it believes to lead, 0 for none. */
        long believedTerm;

        long gainedNanos;

        boolean isSuspended() {
            return nowNanos < suspendedUntilNanos;
        }
    }

    private static final class Client {
        final long leaseId;
        final long ttlNanos;

        /** No observer may see the lease expired before it. */
        long safeUntilNanos;

        long endedNanos = -1;

        Client(long leaseId, long ttlNanos) {
            this.leaseId = leaseId;
            this.ttlNanos = ttlNanos;
        }
    }

    private final Random random;
    private final Mutant mutant;
    private final List<Entry> log = new ArrayList<>();

    /** Proposals whose outcome was unknown and that will be applied all the same. */
    private final List<Request> late = new ArrayList<>();

    private final List<Node> nodes = new ArrayList<>();
    private final Map<Long, Client> clients = new HashMap<>();
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
        nodes.add(new Node());
        nodes.add(new Node());
    }

    private static void violated(boolean condition, String invariant, String what) {
        if (condition) {
            throw new Violation(invariant, what);
        }
    }

    void run(int steps) {
        elect();
        for (int step = 0; step < steps; step++) {
            nowNanos += STEP_NANOS;
            happen();
            for (Node node : nodes) {
                serve(node);
            }
            if (found != null) {
                throw found;
            }
        }
        if (mutant == Mutant.NONE) {
            nodes.forEach(node -> node.keeper.close());
        }
    }

    private void happen() {
        Node any = nodes.get(random.nextInt(2));
        int dice = random.nextInt(400);
        if (dice > 380 && !late.isEmpty()) {
            append(term, late.remove(0));
        } else if (dice == 0) {
            elect();
        } else if (dice < 3) {
            any.suspendedUntilNanos = nowNanos + (200 + random.nextInt(2_000)) * MILLI;
            any.awakeNanos += UNNOTICED_NANOS_MAX;
        } else if (dice < 15 && clients.size() < 12) {
            append(term, Request.of(new Command.LeaseGrant(++lastLeaseId, 100 + random.nextInt(900))));
        } else if (dice < 120) {
            renewSomething();
        }
    }

    private void elect() {
        term += 2;
        leader = random.nextInt(2);
    }

    private void renewSomething() {
        for (Client client : clients.values()) {
            if (client.endedNanos < 0 && random.nextInt(3) == 0) {
                renew(client, nodes.get(random.nextInt(2)));
            }
        }
    }

    private void renew(Client client, Node node) {
        long sentNanos = nowNanos;
        node.keeper.renew(client.leaseId).whenComplete((time, failure) -> {
            if (failure != null || time.isGone()) {
                return;
            }
            acknowledged++;
            try {
                acknowledged(client, sentNanos);
                if (nodes.get(leader) == node && node.believedTerm == term) {
                    node.heardNanos.put(client.leaseId, node.awakeNanos);
                }
            } catch (Violation violation) {
                found = violation; // the future would keep it to itself
            }
        });
    }

    private void acknowledged(Client client, long sentNanos) {
        long safeUntilNanos = sentNanos + client.ttlNanos;
        violated(
                nodes.stream().allMatch(any -> any.provenStartNanos < sentNanos),
                "L2",
                "acknowledged without a proof since it was sent");
        violated(
                client.endedNanos >= 0 && client.endedNanos < safeUntilNanos,
                "L1",
                "acknowledged though it ended before");
        client.safeUntilNanos = Math.max(client.safeUntilNanos, safeUntilNanos);
    }

    /** Commits an entry; what it means to clients is so from here on. */
    private void append(long entryTerm, Request request) {
        log.add(new Entry(entryTerm, request));
    }

    private void serve(Node node) {
        boolean leads = nodes.get(leader) == node;
        if (node.isSuspended()) {
            if (mutant == Mutant.SUSPENSION_IS_NOT_NOTICED) {
                turn(node); // its loop goes on, deaf
            }
            return;
        }
        if (node.suspendedUntilNanos > node.wokeNanos) {
            node.wokeNanos = nowNanos;
        }
        node.awakeNanos += STEP_NANOS;
        believe(node, leads);
        apply(node);
        deliver(node, leads);
        turn(node);
        takeOut(node);
    }

    private void turn(Node node) {
        node.keeper.turn();
        node.keeper.sleepNanos();
    }

    private void believe(Node node, boolean leads) {
        if (node.believedTerm != 0 && (!leads || node.believedTerm != term) && random.nextInt(20) == 0) {
            node.believedTerm = 0;
            node.replica.lose();
        } else if (leads && node.believedTerm == 0 && random.nextInt(5) == 0) {
            apply(node);
            node.believedTerm = term;
            node.proposed.clear();
            node.gainedNanos = nowNanos;
            node.replica.gain(term);
            if (mutant == Mutant.PROMOTION_KEEPS_OLD_DEADLINES) {
                for (int i = 0; i < 50; i++) {
                    node.offsetNanos += STEP_NANOS;
                    turn(node);
                }
            }
        }
    }

    private void apply(Node node) {
        while (node.appliedEntries < log.size()) {
            Entry entry = log.get(node.appliedEntries++);
            Applied applied = node.replica.apply(entry.term, entry.request);
            for (Applied.LeaseChange change : applied.leaseChanges()) {
                learn(node, change);
            }
        }
    }

    /** The first node to apply an entry shows the world what it does. */
    private void learn(Node node, Applied.LeaseChange change) {
        node.heardNanos.put(change.leaseId(), node.awakeNanos);
        if (change instanceof Applied.LeaseStarted started) {
            long ttlNanos = started.lease().ttlMillis() * MILLI;
            clients.computeIfAbsent(change.leaseId(), id -> new Client(id, ttlNanos));
            return;
        }
        Client client = clients.get(change.leaseId());
        if (client != null && client.endedNanos < 0) {
            client.endedNanos = nowNanos;
            expired++;
            violated(nowNanos < client.safeUntilNanos, "L1", "lease " + client.leaseId + " ended too early");
        }
    }

    /** Decides what becomes of proofs and calls that are under way. */
    private void deliver(Node node, boolean leads) {
        for (HeldProof held : List.copyOf(node.proofs)) {
            if (mutant == Mutant.PROOF_IS_ASSUMED) {
                held.proof.complete(node.believedTerm);
            } else if (random.nextInt(3) > 0) {
                continue;
            } else if (mutant == Mutant.STALE_LEADER_EXPIRES && node.believedTerm != 0) {
                node.provenStartNanos = held.startedNanos;
                held.proof.complete(node.believedTerm);
            } else if (leads && node.believedTerm == term) {
                node.provenStartNanos = Math.max(node.provenStartNanos, held.startedNanos);
                held.proof.complete(term);
            } else {
                held.proof.completeExceptionally(new ReplicationException(Kind.NOT_LEADER, "deposed"));
            }
            node.proofs.remove(held);
        }
        for (FakeReplica.Call call : List.copyOf(node.replica.calls)) {
            if (random.nextInt(2) == 0) {
                node.replica.calls.remove(call);
                pass(call, nodes.get(random.nextInt(6) == 0 ? 1 - leader : leader));
            }
        }
    }

    private static void pass(FakeReplica.Call call, Node to) {
        to.replica
                .askHandler(call.kind(), LeaseTimesCodec.question(call.leaseIds()))
                .whenComplete((answer, failure) -> {
                    if (failure == null) {
                        call.answer().complete(answer);
                    } else {
                        call.answer().completeExceptionally(new ReplicationException(Kind.LEADER_CHANGED, "lost"));
                    }
                });
    }

    /** Takes over what the keeper asked for in its turn. */
    private void takeOut(Node node) {
        for (var proof = node.replica.proofs.poll(); proof != null; proof = node.replica.proofs.poll()) {
            node.proofs.add(new HeldProof(proof, nowNanos));
        }
        for (var proposal = node.replica.proposals.poll(); proposal != null; proposal = node.replica.proposals.poll()) {
            proposal.expiry().expiries().forEach(expiry -> checkExpiry(node, expiry));
            decide(node, proposal);
        }
    }

    private void checkExpiry(Node node, Command.Expiry expiry) {
        if (!node.proposed.add(expiry)) {
            return; // once more
        }
        Client client = clients.get(expiry.leaseId());
        if (client == null) {
            throw new AssertionError("expiry of an unknown lease");
        }
        violated(
                nowNanos < node.gainedNanos + client.ttlNanos,
                "L4",
                "expired " + (nowNanos - node.gainedNanos) / MILLI + " ms after promotion");
        long heard = node.heardNanos.getOrDefault(expiry.leaseId(), 0L);
        violated(node.awakeNanos - heard + STEP_NANOS < client.ttlNanos, "L3-suspension", "time asleep was counted");
        violated(
                node.wokeNanos >= 0 && node.provenStartNanos < node.wokeNanos,
                "L3",
                "no proof of leadership since waking");
    }

    private void decide(Node node, FakeReplica.Proposal proposal) {
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
                late.add(request); // applied in the same term or a later one
            }
            return;
        }
        late.forEach(before -> append(term, before));
        late.clear();
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

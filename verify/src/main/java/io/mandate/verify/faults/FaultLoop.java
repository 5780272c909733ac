package io.mandate.verify.faults;

import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.verify.faults.ClientOperation.Outcome;
import io.mandate.verify.faults.ClientOperation.Write;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.Pause;
import io.mandate.verify.process.ProcessCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Nodes are killed, stopped or paused under load, and what the clients saw is judged, in each group by itself. The
 * cluster must be fresh: a history begins with the first write.
 */
public final class FaultLoop {
    /** An empty store is at revision 1. */
    private static final long FIRST_REVISION = 2;

    private static final Duration CATCH_UP_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration FLOOR_TIMEOUT = Duration.ofMinutes(1);
    private static final long REQUEST_SECONDS_MAX = 20;

    /**
     * A second watch reads the whole history again after the run, up to this length: etcd delivers an old history in
     * rounds, each of which reads all that is left.
     */
    private static final long REPEATED_WATCH_REVISIONS_MAX = 150_000;

    private final ProcessCluster cluster;
    private final Plan plan;
    private final SplittableRandom random;
    private final List<Hit> hits = new ArrayList<>();

    private FaultLoop(ProcessCluster cluster, Plan plan) {
        this.cluster = cluster;
        this.plan = plan;
        this.random = new SplittableRandom(plan.seed());
    }

    /** What is done to servers. */
    public enum Fault {
        /** SIGKILL of one node; in every other round it is the leader, of some group. */
        KILL_ONE,
        /** SIGKILL of all nodes at once. */
        KILL_ALL,
        /** SIGTERM of all nodes at once. */
        TERMINATE_ALL,
        /** SIGSTOP of one node, SIGCONT half a second later; in every other round it is the leader, of some group. */
        PAUSE_ONE
    }

    /**
     * What to do.
     *
     * @param faults what is done, one after the other
     * @param groups that the cluster has; each gets its share of the clients
     * @param clients operations outstanding at all times
     * @param keys of each group; the fewer, the more compare-and-swaps collide
     * @param acknowledgedFloor acknowledged writes below which the run proves nothing; waited for, but not for long
     * @param oldReads plants a defect: readers are told what held before the last acknowledged write, which the judge
     *     must convict
     * @param seed of the choice of nodes, moments, keys and operations
     */
    public record Plan(
            List<Fault> faults,
            int groups,
            int clients,
            int keys,
            long acknowledgedFloor,
            boolean oldReads,
            long seed) {
        public Plan {
            faults = List.copyOf(faults);
        }

        int rounds() {
            return faults.size();
        }
    }

    /** One fault that was done to running nodes. */
    private record Hit(boolean leader, long nanos) {}

    /** Runs the plan and judges. The cluster is left running. */
    public static Report run(ProcessCluster cluster, Plan plan) {
        return new FaultLoop(cluster, plan).run();
    }

    private Report run() {
        List<GroupRun> runs = new ArrayList<>();
        try {
            for (int group = 0; group < plan.groups(); group++) {
                runs.add(new GroupRun(new GroupStore(cluster, group)));
            }
            long startNanos = System.nanoTime();
            for (int round = 0; round < plan.rounds(); round++) {
                pause(300, 1500);
                Fault fault = plan.faults().get(round);
                switch (fault) {
                    case KILL_ONE, PAUSE_ONE -> hurtOne(fault, round % 2 == 0);
                    case KILL_ALL, TERMINATE_ALL -> endAllAndRestart(fault);
                }
            }
            pause(500, 1000);
            awaitFloor(runs);
            runs.forEach(GroupRun::stop);
            long elapsedNanos = System.nanoTime() - startNanos;
            List<String> failures = new ArrayList<>();
            runs.forEach(run -> run.judge(failures));
            return report(runs, Duration.ofNanos(elapsedNanos), failures);
        } finally {
            runs.forEach(GroupRun::close);
        }
    }

    /** A slow machine takes longer, and proves as much. */
    private void awaitFloor(List<GroupRun> runs) {
        long endNanos = System.nanoTime() + FLOOR_TIMEOUT.toNanos();
        while (System.nanoTime() - endNanos < 0
                && (runs.stream().anyMatch(run -> run.workload.acknowledged() == 0)
                        || runs.stream()
                                        .mapToLong(run -> run.workload.acknowledged())
                                        .sum()
                                < plan.acknowledgedFloor())) {
            Pause.of(Duration.ofMillis(50));
        }
    }

    /** Load and history of one group. */
    private final class GroupRun implements AutoCloseable {
        private final GroupStore store;
        private final HistoryWatch live;
        private final Workload workload;
        private List<ClientOperation> history = List.of();

        GroupRun(GroupStore store) {
            this.store = store;
            // At the first victim, so that it has to be resumed.
            this.live = HistoryWatch.start(store, store.awaitLeader(), FIRST_REVISION);
            Workload.Load load = new Workload.Load(
                    Math.max(1, plan.clients() / plan.groups()),
                    plan.keys(),
                    Workload.OPERATIONS_PER_SECOND_MAX / plan.groups());
            this.workload = Workload.start(store, load, plan.oldReads(), plan.seed() + store.group());
        }

        void stop() {
            history = workload.stop();
        }

        void judge(List<String> failures) {
            String where = plan.groups() == 1 ? "" : "group " + store.group() + ": ";
            long lastRevision = Replicas.currentRevision(store);
            List<LogEntry> log = live.awaitRevision(lastRevision, CATCH_UP_TIMEOUT);
            List<String> found = new ArrayList<>();
            HistoryChecker.check(log, FIRST_REVISION, history).forEach(violation -> found.add(violation.toString()));
            checkRepeatedWatch(store, log, lastRevision, found);
            checkNodes(store, log, log.get(log.size() - 1).revision(), found);
            found.forEach(failure -> failures.add(where + failure));
        }

        @Override
        public void close() {
            workload.close();
            live.close();
        }
    }

    private void endAllAndRestart(Fault fault) {
        for (ClusterNode node : cluster.nodes()) {
            requireRunning(node);
        }
        long nanos = System.nanoTime();
        if (fault == Fault.KILL_ALL) {
            cluster.killAll();
        } else {
            cluster.stopAll();
        }
        hits.add(new Hit(true, nanos));
        cluster.restartAll();
    }

    private static void requireRunning(ClusterNode node) {
        if (!node.isRunning()) {
            throw new IllegalStateException(
                    node + " ended by itself" + node.process().logTail());
        }
    }

    private void hurtOne(Fault fault, boolean wantLeader) {
        int group = random.nextInt(plan.groups());
        OptionalInt leader = cluster.leader(group);
        int victim = wantLeader ? leader.orElseGet(() -> cluster.awaitLeader(group)) : random.nextInt(cluster.size());
        ClusterNode node = cluster.node(victim);
        requireRunning(node);
        boolean leads = wantLeader || (leader.isPresent() && leader.getAsInt() == victim);
        hits.add(new Hit(leads, System.nanoTime()));
        if (fault == Fault.KILL_ONE) {
            node.kill9();
            pause(0, 1500);
            cluster.restart(victim);
        } else {
            node.process().suspend();
            pause(300, 700);
            node.process().resume();
        }
    }

    private void pause(int millisMin, int millisMax) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(millisMin, millisMax)));
    }

    private void checkRepeatedWatch(GroupStore store, List<LogEntry> log, long lastRevision, List<String> failures) {
        if (lastRevision > REPEATED_WATCH_REVISIONS_MAX) {
            return;
        }
        try (HistoryWatch again = HistoryWatch.start(store, random.nextInt(cluster.size()), FIRST_REVISION)) {
            List<LogEntry> repeated = again.awaitRevision(lastRevision, CATCH_UP_TIMEOUT);
            int compared = Math.min(log.size(), repeated.size());
            if (!log.subList(0, compared).equals(repeated.subList(0, compared))) {
                failures.add("WATCH_DIFFERS: the watch that ran beside the load and the one afterwards tell "
                        + "different histories");
            }
        }
    }

    /** Every node holds what the log says, and all have one hash. */
    private void checkNodes(GroupStore store, List<LogEntry> log, long revision, List<String> failures) {
        Map<Integer, KeyVersion> expected = new HashMap<>();
        log.forEach(entry -> expected.put(entry.key(), entry.state()));
        for (ClusterNode node : cluster.nodes()) {
            Map<Integer, KeyVersion> actual = new HashMap<>();
            // Linearizable, so that the node has applied the revision when it looks for it.
            RangeResponse all = KVGrpc.newBlockingStub(store.channel(node))
                    .withDeadlineAfter(REQUEST_SECONDS_MAX, TimeUnit.SECONDS)
                    .range(RangeRequest.newBuilder()
                            .setKey(HistoryKeys.PREFIX)
                            .setRangeEnd(HistoryKeys.PREFIX_END)
                            .setRevision(revision)
                            .build());
            all.getKvsList().forEach(kv -> actual.put(HistoryKeys.parseKey(kv.getKey()), HistoryKeys.parse(kv)));
            if (!actual.equals(expected)) {
                failures.add("STATE_DIFFERS: " + node + " at revision " + revision + " holds " + actual.size()
                        + " keys, log says " + expected.size());
            }
        }
        Set<Integer> hashes = Replicas.hashes(store, revision);
        if (hashes.size() != 1) {
            failures.add("HASH_DIFFERS: " + hashes + " at revision " + revision);
        }
    }

    private Report report(List<GroupRun> runs, Duration elapsed, List<String> failures) {
        long applied = 0;
        long refused = 0;
        long unknown = 0;
        long reads = 0;
        for (GroupRun run : runs) {
            long appliedBefore = applied;
            for (ClientOperation operation : run.history) {
                if (operation instanceof Write write) {
                    applied += write.outcome() == Outcome.APPLIED ? 1 : 0;
                    refused += write.outcome() == Outcome.REFUSED ? 1 : 0;
                    unknown += write.outcome() == Outcome.UNKNOWN ? 1 : 0;
                } else {
                    reads++;
                }
            }
            if (applied == appliedBefore) {
                failures.add("VOID: a group acknowledged no write, so that nothing could be lost in it");
            }
        }
        long leaderHits = hits.stream().filter(Hit::leader).count();
        if (hits.size() < plan.rounds() || 2 * leaderHits < plan.rounds()) {
            failures.add("VOID: " + hits.size() + " faults, " + leaderHits + " of the leader, were planned to be "
                    + plan.rounds());
        }
        if (applied < plan.acknowledgedFloor()) {
            failures.add(
                    "VOID: " + applied + " acknowledged writes are below the floor of " + plan.acknowledgedFloor());
        }
        return new Report(
                plan,
                hits.size(),
                leaderHits,
                applied,
                refused,
                unknown,
                reads,
                runs.stream().mapToInt(run -> run.live.streams()).sum(),
                elapsed,
                runs.stream()
                        .mapToLong(run -> longestOutageMillis(run.history))
                        .max()
                        .orElse(0),
                failures);
    }

    /** The longest time from a kill to the first acknowledgement of a write to the group that was sent after it. */
    private long longestOutageMillis(List<ClientOperation> history) {
        long longestNanos = 0;
        for (Hit hit : hits) {
            long firstNanos = Long.MAX_VALUE;
            for (ClientOperation operation : history) {
                if (operation instanceof Write write
                        && write.outcome() == Outcome.APPLIED
                        && write.callNanos() - hit.nanos() > 0) {
                    firstNanos = Math.min(firstNanos, write.returnNanos() - hit.nanos());
                }
            }
            longestNanos = Math.max(longestNanos, firstNanos);
        }
        return TimeUnit.NANOSECONDS.toMillis(longestNanos);
    }

    /**
     * What happened and what is wrong with it.
     *
     * @param hits faults that were done, of which {@code leaderHits} hit the leader
     * @param refused compare-and-swaps that were answered to have failed
     * @param unknown writes that ended with an error
     * @param watchStreams how many streams the watch beside the load took
     * @param longestOutageMillis from a kill until every group has acknowledged a write sent after it; to be told,
     *     never to be judged
     * @param failures empty if the run was not void and no rule was broken
     */
    public record Report(
            Plan plan,
            int hits,
            long leaderHits,
            long acknowledged,
            long refused,
            long unknown,
            long reads,
            int watchStreams,
            Duration elapsed,
            long longestOutageMillis,
            List<String> failures) {
        public Report {
            failures = List.copyOf(failures);
        }
    }
}

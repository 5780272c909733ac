package io.mandate.bench.work;

import io.mandate.bench.harness.LiveHeap;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.PartitionState;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.partition.WorkloadState;
import io.mandate.store.etcd.EtcdStore;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.Pause;
import io.mandate.verify.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Two thousand partitions over ten processes: until all are owned, and until they are again after one was killed; what
 * moves, and what that asks of the store.
 */
public final class PartitionsWork implements Work {
    private static final int PARTITIONS = 2_000;
    private static final int MEMBERS = 10;
    private static final Duration TTL = Duration.ofSeconds(2);
    private static final Duration OWNED_MAX = Duration.ofSeconds(90);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final Pattern REQUESTS = Pattern.compile(
            "^grpc_server_handled_total\\{[^}]*grpc_method=\"(?:Txn|Range|Put|DeleteRange)\"[^}]*} ([0-9.eE+]+)$",
            Pattern.MULTILINE);

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metrics.PARTITIONS_OWNED,
                Metrics.PARTITIONS_OWNED_REQUESTS,
                Metrics.PARTITIONS_AGAIN,
                Metrics.PARTITIONS_AGAIN_REQUESTS,
                Metrics.PARTITIONS_MOVED);
    }

    @Override
    public void measure(Target target) throws Exception {
        String endpoints = String.join(",", target.cluster().endpoints());
        String workload = "bench/partitions";
        List<ServerProcess> members = new ArrayList<>();
        try (EtcdStore store = EtcdStore.connect(endpoints)) {
            PartitionAdmin control = PartitionedWorkload.control(store, workload);
            double requestsBefore = requests(target);
            long begunNanos = System.nanoTime();
            for (int i = 0; i < MEMBERS; i++) {
                String name = "member-" + i;
                Path log = target.cluster().directory().resolve(name + ".log");
                members.add(ServerProcess.start(
                        name,
                        PartitionMemberProcess.command(endpoints, workload, PARTITIONS, name, TTL),
                        // The class path is relative to here.
                        Path.of("").toAbsolutePath(),
                        log));
            }
            long ownedNanos = awaitOwned(members, PARTITIONS / MEMBERS);
            target.add(Metrics.PARTITIONS_OWNED, (ownedNanos - begunNanos) / NANOS_PER_SECOND);
            target.add(Metrics.PARTITIONS_OWNED_REQUESTS, requests(target) - requestsBefore);
            killOne(target, control, members);
        } finally {
            members.forEach(ServerProcess::kill9);
            members.forEach(ServerProcess::close);
        }
    }

    private static void killOne(Target target, PartitionAdmin control, List<ServerProcess> members) throws Exception {
        WorkloadState before = control.state(false).get(OWNED_MAX.toMillis(), TimeUnit.MILLISECONDS);
        String name = "member-" + (MEMBERS - 1);
        double requestsBefore = requests(target);
        long killedNanos = System.nanoTime();
        members.remove(MEMBERS - 1).close();
        long ownedNanos = awaitOwned(members, PARTITIONS / MEMBERS + 1);
        target.add(Metrics.PARTITIONS_AGAIN, (ownedNanos - killedNanos) / NANOS_PER_SECOND);
        target.add(Metrics.PARTITIONS_AGAIN_REQUESTS, requests(target) - requestsBefore);
        WorkloadState after = control.state(false).get(OWNED_MAX.toMillis(), TimeUnit.MILLISECONDS);
        long lost = count(before, Optional.of(name));
        long moved = 0;
        for (int i = 0; i < PARTITIONS; i++) {
            moved += before.partitions().get(i).token()
                            == after.partitions().get(i).token()
                    ? 0
                    : 1;
        }
        target.add(Metrics.PARTITIONS_MOVED, (double) moved / lost);
    }

    private static long count(WorkloadState state, Optional<String> owner) {
        return state.partitions().stream()
                .map(PartitionState::owner)
                .filter(owner::equals)
                .count();
    }

    /**
     * Waits until all partitions are owned, at least so many by each member.
     *
     * @return when the last one was
     */
    private static long awaitOwned(List<ServerProcess> members, int eachMin) {
        long deadlineNanos = System.nanoTime() + OWNED_MAX.toNanos();
        while (true) {
            long sum = 0;
            long lastNanos = 0;
            boolean all = true;
            for (ServerProcess member : members) {
                String[] said = lastSaid(member);
                long owned = Long.parseLong(said[0]);
                sum += owned;
                all &= owned >= eachMin;
                lastNanos = Math.max(lastNanos, Long.parseLong(said[1]));
            }
            if (sum == PARTITIONS && all) {
                return lastNanos;
            }
            if (System.nanoTime() > deadlineNanos) {
                throw new IllegalStateException(sum + " of " + PARTITIONS + " partitions are owned after " + OWNED_MAX
                        + ", at least " + eachMin + " should be by each:" + said(members));
            }
            Pause.of(POLL);
        }
    }

    private static String said(List<ServerProcess> members) {
        StringBuilder said = new StringBuilder();
        for (ServerProcess member : members) {
            said.append("\nowns ").append(lastSaid(member)[0]).append(member.isAlive() ? "" : " and has ended");
            said.append(member.logTail());
        }
        return said.toString();
    }

    private static String[] lastSaid(ServerProcess member) {
        String log = member.log();
        int at = log.lastIndexOf(PartitionMemberProcess.OWNS);
        int end = at < 0 ? -1 : log.indexOf('\n', at);
        return end < 0
                ? new String[] {"0", "0"}
                : log.substring(at + PartitionMemberProcess.OWNS.length(), end).split(" ", -1);
    }

    /** What the nodes have answered so far, of what reads and writes keys. */
    private static double requests(Target target) throws IOException {
        double sum = 0;
        for (ClusterNode node : target.cluster().nodes()) {
            sum += REQUESTS.matcher(LiveHeap.get(node.clientUrl() + "/metrics"))
                    .results()
                    .map((MatchResult found) -> found.group(1))
                    .mapToDouble(Double::parseDouble)
                    .sum();
        }
        return sum;
    }
}

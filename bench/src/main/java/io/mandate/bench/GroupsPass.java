package io.mandate.bench;

import io.grpc.Channel;
import io.mandate.bench.harness.ClosedLoop;
import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.CpuMeter;
import io.mandate.bench.harness.EveryGroup;
import io.mandate.bench.harness.Measured;
import io.mandate.bench.harness.Settings;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import io.mandate.bench.work.IdleWork;
import io.mandate.bench.work.LoopWork;
import io.mandate.bench.work.ResidentWork;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerBinary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * The same load on a Mandate with more and more groups, each number on a fresh cluster. An etcd has no groups, so there
 * is one side.
 */
final class GroupsPass {
    private static final Duration START_DEADLINE = Duration.ofSeconds(60);
    private static final Duration RECOVERY_DEADLINE = Duration.ofSeconds(30);
    private static final int NODES = 3;

    /** Over all groups. */
    private static final int OUTSTANDING = 256;

    /** Leaders are put in their places a few seconds after a start, one after the other. */
    private static final long PLACING_MILLIS = 12_000;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double PERCENT = 100;

    private final ServerBinary binary;
    private final Path directory;
    private final Settings settings;
    private final Results results;
    private final Pass.Progress progress;

    GroupsPass(ServerBinary binary, Path directory, Settings settings, Results results, Pass.Progress progress) {
        this.binary = binary;
        this.directory = directory;
        this.settings = settings;
        this.results = results;
        this.progress = progress;
    }

    void run() throws InterruptedException {
        Map<Integer, Figures> figures = new TreeMap<>();
        for (int groups : settings.groupCounts()) {
            progress.say(Product.MANDATE.title() + ": " + groups + " groups");
            Metrics.Groups metrics = Objects.requireNonNull(Metrics.GROUPS.get(groups));
            try {
                figures.put(groups, onFreshCluster(groups, metrics));
            } catch (IllegalStateException failed) {
                progress.say(failed.toString());
                String reason = failed.toString().lines().findFirst().orElse("");
                metrics.all().forEach(metric -> results.addVoid(Product.MANDATE, metric, reason));
            }
        }
        Figures one = figures.get(1);
        Figures many = figures.get(Metrics.COMPARED_GROUPS);
        if (one != null && many != null) {
            add(Metrics.GROUPS_THROUGHPUT, one.perSecond / many.perSecond);
            add(Metrics.GROUPS_IDLE, many.idlePercent / one.idlePercent);
            add(Metrics.GROUPS_RESIDENT, many.residentMegabytes / one.residentMegabytes);
        }
    }

    private void add(Metric metric, double value) {
        results.add(Product.MANDATE, metric, value);
    }

    private record Figures(double perSecond, double idlePercent, double residentMegabytes) {}

    private Figures onFreshCluster(int groups, Metrics.Groups metrics) throws InterruptedException {
        try (ProcessCluster cluster =
                ProcessCluster.of(binary, NODES, directory, "--groups", Integer.toString(groups))) {
            start(cluster, groups, metrics);
            if (settings.heatMillis() > 0) {
                TimeUnit.MILLISECONDS.sleep(PLACING_MILLIS);
                load(cluster, groups, settings.heating());
            }
            double idlePercent = idlePercent(cluster);
            add(metrics.idleCpu(), idlePercent);
            add(metrics.threads(), mean(cluster, node -> node.process().threads()));
            Measured measured = load(cluster, groups, settings);
            results.addOthersCores(measured.othersCores());
            if (measured.failure().isPresent()) {
                List.of(metrics.throughput(), metrics.p99(), metrics.serverCpu())
                        .forEach(metric -> results.addVoid(
                                Product.MANDATE, metric, measured.failure().get()));
            } else {
                add(metrics.throughput(), measured.perSecond());
                add(metrics.p99(), measured.p99Millis());
                add(metrics.serverCpu(), measured.serverCpuPerThousand());
            }
            double resident = mean(cluster, ResidentWork::megabytes);
            add(metrics.resident(), resident);
            for (int kill = 0; kill < settings.kills(); kill++) {
                add(metrics.recovery(), killOne(cluster, groups, kill % NODES));
            }
            return new Figures(measured.perSecond(), idlePercent, resident);
        }
    }

    private void start(ProcessCluster cluster, int groups, Metrics.Groups metrics) throws InterruptedException {
        long spawnedNanos = System.nanoTime();
        cluster.nodes().forEach(ClusterNode::launch);
        long servedNanos = EveryGroup.awaitServed(cluster.nodes(), groups, START_DEADLINE);
        add(metrics.start(), (servedNanos - spawnedNanos) / NANOS_PER_SECOND);
        cluster.nodes().forEach(node -> node.awaitReady(START_DEADLINE));
    }

    private Measured load(ProcessCluster cluster, int groups, Settings how) throws InterruptedException {
        try (Connections connections = new Connections(cluster.endpoints(), how.clientThreads())) {
            return ClosedLoop.run(
                    LoopWork.casSlots(slot -> channel(connections, slot, groups), OUTSTANDING),
                    how,
                    new CpuMeter(cluster));
        }
    }

    private static Channel channel(Connections connections, int slot, int groups) {
        return EveryGroup.toGroup(connections.of(slot), slot % groups);
    }

    private double idlePercent(ProcessCluster cluster) throws InterruptedException {
        CpuMeter cpu = new CpuMeter(cluster);
        TimeUnit.MILLISECONDS.sleep(Math.min(IdleWork.REST_MILLIS, settings.idleMillis()));
        CpuMeter.Reading before = cpu.read();
        TimeUnit.MILLISECONDS.sleep(settings.idleMillis());
        double seconds = cpu.read().minus(before).servers();
        return PERCENT * seconds / (settings.idleMillis() / 1_000.0) / NODES;
    }

    private static double mean(ProcessCluster cluster, ToDoubleFunction<ClusterNode> figure) {
        return cluster.nodes().stream().mapToDouble(figure).average().orElseThrow();
    }

    /** From the kill until every group has acknowledged a write sent after it. */
    private double killOne(ProcessCluster cluster, int groups, int victim) throws InterruptedException {
        List<ClusterNode> survivors = new ArrayList<>(cluster.nodes());
        survivors.remove(victim);
        EveryGroup.awaitServed(survivors, groups, RECOVERY_DEADLINE);
        long killedNanos = System.nanoTime();
        cluster.node(victim).kill9();
        long servedNanos = EveryGroup.awaitServed(survivors, groups, RECOVERY_DEADLINE);
        cluster.restart(victim);
        if (settings.heatMillis() > 0) {
            TimeUnit.MILLISECONDS.sleep(PLACING_MILLIS); // so that the next victim leads its share
        }
        return (servedNanos - killedNanos) / NANOS_PER_MILLI;
    }
}

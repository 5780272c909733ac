package io.mandate.bench;

import io.mandate.bench.harness.ClosedLoop;
import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.FirstWrite;
import io.mandate.bench.harness.HotMethods;
import io.mandate.bench.harness.LiveHeap;
import io.mandate.bench.harness.Settings;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import io.mandate.bench.metric.Row;
import io.mandate.bench.work.DelayWork;
import io.mandate.bench.work.ElectionsWork;
import io.mandate.bench.work.FailOverWork;
import io.mandate.bench.work.FanOutWork;
import io.mandate.bench.work.HandOverWork;
import io.mandate.bench.work.IdleWork;
import io.mandate.bench.work.LeaseMemoryWork;
import io.mandate.bench.work.LoopWork;
import io.mandate.bench.work.PartitionsWork;
import io.mandate.bench.work.RenewWork;
import io.mandate.bench.work.ResidentWork;
import io.mandate.bench.work.TakeOverWork;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerBinary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** One product's turn: fresh clusters, one for most rows and one for each that would disturb or be disturbed. */
final class Pass {
    /** Relative: each node has its own directory, and Java 17 cannot put the process id into the name. */
    static final String RECORDING_FILE = "profile.jfr";

    private static final Duration START_DEADLINE = Duration.ofSeconds(60);
    private static final int NODES = 3;
    private static final double NANOS_PER_SECOND = 1e9;

    /** Enough to keep every part of a node busy. */
    private static final int HEAT_OUTSTANDING = 64;

    /** One stream per four outstanding renewals. */
    private static final int MANY_STREAMS = 64;

    private final Product product;
    private final ServerBinary binary;
    private final Path directory;
    private final Settings settings;
    private final Results results;
    private final Progress progress;

    /** What is told to the one who waits. */
    interface Progress {
        void say(String line);
    }

    Pass(Product product, ServerBinary binary, Path directory, Settings settings, Results results, Progress progress) {
        this.product = product;
        this.binary = binary;
        this.directory = directory;
        this.settings = settings;
        this.results = results;
        this.progress = progress;
    }

    void run() throws InterruptedException {
        List<Work> peaceful = peacefulWorks();
        if (!peaceful.isEmpty() || settings.wants(Row.START)) {
            onFreshCluster(peaceful);
        }
        if (settings.wants(Row.LEASES)) {
            // etcd samples its locks when the profiler is served, so nothing else is measured on such nodes.
            onFreshCluster(
                    List.of(new LeaseMemoryWork()), product == Product.ETCD ? List.of(LiveHeap.ETCD_FLAG) : List.of());
        }
        if (settings.wants(Row.FAILOVER)) {
            onFreshCluster(List.of(new FailOverWork()));
        }
        if (settings.wants(Row.GROUPS) && product == Product.MANDATE) {
            new GroupsPass(binary, directory, settings, results, progress).run();
        }
    }

    private void onFreshCluster(List<Work> works) throws InterruptedException {
        onFreshCluster(works, List.of());
    }

    private void onFreshCluster(List<Work> works, List<String> flags) throws InterruptedException {
        try (ProcessCluster cluster = ProcessCluster.of(binary, NODES, directory, flags.toArray(String[]::new))) {
            Target target = new Target(product, cluster, settings, results);
            try {
                start(target);
            } catch (IllegalStateException e) {
                progress.say(String.valueOf(e.getMessage()));
                works.forEach(work -> voidAll(work, "the cluster did not start"));
                return;
            }
            heat(target, works);
            for (Work work : works) {
                measure(work, target);
            }
            if (settings.profile() && product == Product.MANDATE) {
                sayProfiles(cluster);
            }
        }
    }

    /** A recording is written when its JVM ends in order, into the directory in which the node was started. */
    private void sayProfiles(ProcessCluster cluster) {
        ClusterNode leader = cluster.node(cluster.awaitLeader());
        cluster.stopAll();
        for (ClusterNode node : cluster.nodes()) {
            Path recording = node.dataDirectory().resolveSibling(RECORDING_FILE);
            if (Files.exists(recording)) {
                String role = node == leader ? "the leader at the end" : "a follower at the end";
                progress.say("hottest methods of " + node.name() + ", " + role + ": "
                        + HotMethods.of(recording).render());
            }
        }
    }

    private void start(Target target) throws InterruptedException {
        ProcessCluster cluster = target.cluster();
        try (Connections connections = target.connect(cluster.endpoints())) {
            long spawnedNanos = System.nanoTime();
            cluster.nodes().forEach(ClusterNode::launch);
            OptionalLong writtenNanos = FirstWrite.await(
                    connections.all(),
                    START_DEADLINE,
                    () -> cluster.nodes().stream().allMatch(ClusterNode::isRunning));
            if (settings.wants(Row.START)) {
                if (writtenNanos.isPresent()) {
                    target.add(Metrics.START, (writtenNanos.getAsLong() - spawnedNanos) / NANOS_PER_SECOND);
                } else {
                    target.addVoid(Metrics.START, "no write succeeded");
                }
            }
        }
        cluster.nodes().forEach(node -> node.awaitReady(START_DEADLINE));
    }

    private void heat(Target target, List<Work> works) throws InterruptedException {
        if (settings.heatMillis() > 0 && !works.isEmpty()) {
            progress.say(product.title() + ": heating");
            try (Connections connections = target.connectLoops()) {
                var unused = ClosedLoop.run(
                        LoopWork.casSlots(connections, HEAT_OUTSTANDING), settings.heating(), target.cpu());
            }
        }
    }

    private void measure(Work work, Target target) throws InterruptedException {
        progress.say(product.title() + ": " + work.metrics().get(0).work());
        try {
            work.measure(target);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            progress.say(e.toString());
            voidAll(work, e.toString().lines().findFirst().orElse(""));
        }
    }

    private void voidAll(Work work, String reason) {
        work.metrics().forEach(metric -> results.addVoid(product, metric, reason));
    }

    private List<Work> peacefulWorks() {
        List<Work> works = new ArrayList<>();
        for (Row row : Row.values()) {
            if (settings.wants(row)) {
                works.addAll(worksOf(row));
            }
        }
        return works;
    }

    private static List<Work> worksOf(Row row) {
        return switch (row) {
            case START, LEASES, FAILOVER, GROUPS -> List.of();
            case CAS ->
                List.of(
                        LoopWork.compareAndSwap(Metrics.CAS_1, 1),
                        LoopWork.compareAndSwap(Metrics.CAS_64, 64),
                        LoopWork.compareAndSwap(Metrics.CAS_256, 256));
            case READS -> List.of(LoopWork.reads(Metrics.READ_64, 64));
            case RSS -> List.of(new ResidentWork());
            case WATCH -> List.of(new DelayWork(Metrics.DELAY_IDLE, false), new DelayWork(Metrics.DELAY_BUSY, true));
            case FANOUT -> List.of(new FanOutWork());
            case RENEW ->
                List.of(
                        new RenewWork(Metrics.RENEW_ONE_LEADER, 1, true),
                        new RenewWork(Metrics.RENEW_MANY_LEADER, MANY_STREAMS, true),
                        new RenewWork(Metrics.RENEW_ONE_FOLLOWER, 1, false),
                        new RenewWork(Metrics.RENEW_MANY_FOLLOWERS, MANY_STREAMS, false));
            case IDLE -> List.of(new IdleWork());
            case GRANT -> List.of(LoopWork.grants(Metrics.GRANT_64, 64));
            case HANDOVER -> List.of(new HandOverWork());
            case TAKEOVER -> List.of(new TakeOverWork());
            case ELECTIONS -> List.of(new ElectionsWork());
            case PARTITIONS -> List.of(new PartitionsWork());
        };
    }
}

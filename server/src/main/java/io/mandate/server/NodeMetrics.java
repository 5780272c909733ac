package io.mandate.server;

import io.mandate.server.raft.RaftReplica;
import io.mandate.server.watch.WatchHub;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A node's figures, under etcd's names where the meaning is the same, so that etcd's dashboards and alerts work. */
final class NodeMetrics implements AutoCloseable {
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    NodeMetrics(RaftReplica replica, WatchHub hub, long quotaBytes) {
        gauge("etcd.server.has.leader", replica, it -> it.status().hasLeader() ? 1 : 0);
        gauge("etcd.server.is.leader", replica, it -> it.status().isLeader() ? 1 : 0);
        counter("etcd.server.leader.changes.seen", replica, RaftReplica::leaderChanges);
        counter("etcd.server.proposals.failed", replica, RaftReplica::failedProposals);
        gauge("etcd.server.proposals.pending", replica, it -> it.status().pendingProposals());
        // A gauge with etcd, but the name's ending is a counter's, and is taken off any gauge.
        counter("etcd.server.proposals.committed", replica, it -> it.status().committedIndex());
        counter("etcd.server.proposals.applied", replica, it -> it.status().appliedIndex());
        gauge("etcd.server.quota.backend.bytes", replica, it -> quotaBytes);
        gauge("etcd.mvcc.db.total.size.in.bytes", replica, it -> it.keyspace().sizeBytes());
        gauge(
                "etcd.mvcc.db.total.size.in.use.in.bytes",
                replica,
                it -> it.keyspace().sizeInUseBytes());
        gauge("mandate.watchers", hub, WatchHub::watchers);
        counter(
                "etcd.network.peer.sent.bytes",
                replica,
                it -> it.transportMeters().sentBytes());
        counter(
                "etcd.network.peer.received.bytes",
                replica,
                it -> it.transportMeters().receivedBytes());
        counter(
                "etcd.network.peer.sent.failures",
                replica,
                it -> it.transportMeters().failedSends());
        gauge("process.resident.memory.bytes", replica, it -> residentBytes());
        counter("process.cpu.seconds", replica, it -> processCpuSeconds());
        new UptimeMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    private <T> void gauge(String name, T source, ToDoubleFunction<T> value) {
        Gauge.builder(name, source, value).register(registry);
    }

    private <T> void counter(String name, T source, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, source, value).register(registry);
    }

    private static double processCpuSeconds() {
        return ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .orElse(Duration.ZERO)
                        .toNanos()
                / 1e9;
    }

    /** What Linux says; not a number elsewhere. */
    private static double residentBytes() {
        try {
            Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc/self/status")));
            return resident.find() ? Double.parseDouble(resident.group(1)) * 1024 : Double.NaN;
        } catch (IOException notLinux) {
            return Double.NaN;
        }
    }

    PrometheusMeterRegistry registry() {
        return registry;
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}

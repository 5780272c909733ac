package io.mandate.server;

import io.mandate.server.etcd.EtcdDoor;
import io.mandate.server.raft.RaftHost;
import io.mandate.server.raft.RaftReplica;
import io.mandate.server.raft.transport.TransportMeters;
import io.mandate.server.watch.WatchHub;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
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
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A node's figures, under etcd's names where the meaning is the same, so that etcd's dashboards and alerts work. */
final class NodeMetrics implements AutoCloseable {
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    /**
     * Registers everything.
     *
     * @param quotaBytes each group's share of the quota
     */
    NodeMetrics(RaftHost host, List<EtcdDoor.Group> groups, long quotaBytes) {
        for (RaftReplica replica : host.replicas()) {
            // With one group there is nothing to tell apart, and etcd has no such label.
            Tags tags = groups.size() == 1 ? Tags.empty() : Tags.of("group", Integer.toString(replica.group()));
            ofGroup(replica, groups.get(replica.group()).hub(), quotaBytes, tags);
        }
        TransportMeters peers = host.transportMeters();
        counter("etcd.network.peer.sent.bytes", Tags.empty(), peers, TransportMeters::sentBytes);
        counter("etcd.network.peer.received.bytes", Tags.empty(), peers, TransportMeters::receivedBytes);
        counter("etcd.network.peer.sent.failures", Tags.empty(), peers, TransportMeters::failedSends);
        gauge("process.resident.memory.bytes", Tags.empty(), host, it -> residentBytes());
        counter("process.cpu.seconds", Tags.empty(), host, it -> processCpuSeconds());
        new UptimeMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    private void ofGroup(RaftReplica replica, WatchHub hub, long quotaBytes, Tags tags) {
        gauge("etcd.server.has.leader", tags, replica, it -> it.status().hasLeader() ? 1 : 0);
        gauge("etcd.server.is.leader", tags, replica, it -> it.status().isLeader() ? 1 : 0);
        counter("etcd.server.leader.changes.seen", tags, replica, RaftReplica::leaderChanges);
        counter("etcd.server.proposals.failed", tags, replica, RaftReplica::failedProposals);
        gauge("etcd.server.proposals.pending", tags, replica, it -> it.status().pendingProposals());
        // A gauge with etcd, but the name's ending is a counter's, and is taken off any gauge.
        counter(
                "etcd.server.proposals.committed",
                tags,
                replica,
                it -> it.status().committedIndex());
        counter(
                "etcd.server.proposals.applied",
                tags,
                replica,
                it -> it.status().appliedIndex());
        gauge("etcd.server.quota.backend.bytes", tags, replica, it -> quotaBytes);
        gauge(
                "etcd.mvcc.db.total.size.in.bytes",
                tags,
                replica,
                it -> it.keyspace().sizeBytes());
        gauge(
                "etcd.mvcc.db.total.size.in.use.in.bytes",
                tags,
                replica,
                it -> it.keyspace().sizeInUseBytes());
        gauge("mandate.watchers", tags, hub, WatchHub::watchers);
    }

    private <T> void gauge(String name, Tags tags, T source, ToDoubleFunction<T> value) {
        Gauge.builder(name, source, value).tags(tags).register(registry);
    }

    private <T> void counter(String name, Tags tags, T source, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, source, value).tags(tags).register(registry);
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

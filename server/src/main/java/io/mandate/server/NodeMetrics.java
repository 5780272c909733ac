package io.mandate.server;

import io.mandate.server.raft.RaftHost;
import io.mandate.server.raft.transport.TransportMeters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.ToDoubleFunction;

/** A node's metrics with the Prometheus library's names; {@link EtcdMetrics} has those with etcd's names. */
final class NodeMetrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    /** Registers all metrics. */
    NodeMetrics(RaftHost host) {
        TransportMeters peers = host.transportMeters();
        counter("etcd.network.peer.sent.bytes", peers, TransportMeters::sentBytes);
        counter("etcd.network.peer.received.bytes", peers, TransportMeters::receivedBytes);
        counter("etcd.network.peer.sent.failures", peers, TransportMeters::failedSends);
        new UptimeMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    private <T> void counter(String name, T source, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, source, value).register(registry);
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

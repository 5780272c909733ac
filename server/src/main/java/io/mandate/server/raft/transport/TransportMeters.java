package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.server.meter.Histogram;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what goes over peer connections. Thread-safe. */
public final class TransportMeters {
    final LongAdder sentBytes = new LongAdder();
    final LongAdder receivedBytes = new LongAdder();
    final LongAdder failedSends = new LongAdder();
    final LongAdder failedHeartbeats = new LongAdder();
    private final Map<Endpoint, Histogram> roundTrips = new ConcurrentHashMap<>();

    TransportMeters() {}

    public long sentBytes() {
        return sentBytes.sum();
    }

    public long receivedBytes() {
        return receivedBytes.sum();
    }

    public long failedSends() {
        return failedSends.sum();
    }

    /** Heartbeats that a leader here could not send: the member was not connected, or too much waited for it. */
    public long failedHeartbeats() {
        return failedHeartbeats.sum();
    }

    /** From a heartbeat to its answer, in seconds. */
    public Histogram roundTrips(Endpoint peer) {
        return roundTrips.computeIfAbsent(peer, unknown -> Histogram.exponential(0.0001, 2, 16));
    }
}

package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.server.meter.Histogram;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Metrics of peer connections. Thread-safe. */
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

    /**
     * Heartbeats that a leader on this node could not send: the member was not connected, or the outbound buffer was
     * full.
     */
    public long failedHeartbeats() {
        return failedHeartbeats.sum();
    }

    /** The round-trip times of heartbeats, in seconds. */
    public Histogram roundTrips(Endpoint peer) {
        return roundTrips.computeIfAbsent(peer, unknown -> Histogram.exponential(0.0001, 2, 16));
    }
}

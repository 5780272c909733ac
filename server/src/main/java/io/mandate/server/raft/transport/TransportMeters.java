package io.mandate.server.raft.transport;

import java.util.concurrent.atomic.LongAdder;

/** Counts what goes over peer connections. Thread-safe. */
public final class TransportMeters {
    final LongAdder sentBytes = new LongAdder();
    final LongAdder receivedBytes = new LongAdder();
    final LongAdder failedSends = new LongAdder();

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
}

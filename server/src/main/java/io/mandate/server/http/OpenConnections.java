package io.mandate.server.http;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Tracks the open connections, and refuses those beyond the limit. Thread-safe. */
final class OpenConnections {
    private final int max;
    private final AtomicInteger count = new AtomicInteger();
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final LongAdder refused = new LongAdder();

    OpenConnections(int max, MeterRegistry registry) {
        this.max = max;
        Gauge.builder("mandate.client.connections", count, AtomicInteger::get).register(registry);
        FunctionCounter.builder("mandate.client.connections.refused", refused, LongAdder::doubleValue)
                .register(registry);
    }

    /** Adds the connection until it closes; false if the limit is reached. */
    boolean admit(Channel connection) {
        if (count.incrementAndGet() > max) {
            count.decrementAndGet();
            refused.increment();
            return false;
        }
        open.add(connection);
        connection.closeFuture().addListener(closed -> {
            open.remove(connection);
            count.decrementAndGet();
        });
        return true;
    }

    /**
     * Closes every connection at the transport. Clients then see a lost connection, and retry on another node. gRPC's
     * own shutdown would cancel the calls, and etcd's clients do not resume a watch that ended with CANCELLED.
     */
    void closeAll() {
        for (Channel connection : open) {
            ChannelHandlerContext outermost = connection.pipeline().firstContext();
            if (outermost == null) {
                connection.close();
            } else {
                outermost.close(); // bypasses gRPC's handler, which would start a graceful shutdown
            }
        }
    }
}

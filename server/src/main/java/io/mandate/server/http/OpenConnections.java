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

/** Knows the connections that are open, and turns away those beyond the limit. Thread-safe. */
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

    /** Takes the connection in until it closes; false if there is no room for it. */
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
     * Cuts every connection off. For a client, calls under way end by a lost connection, which it mends elsewhere.
     * gRPC's own way would cancel them, and a watch that is told CANCELLED is over for etcd's clients.
     */
    void cut() {
        for (Channel connection : open) {
            ChannelHandlerContext outermost = connection.pipeline().firstContext();
            if (outermost == null) {
                connection.close();
            } else {
                outermost.close(); // past gRPC's handler, which would begin a conversation about closing
            }
        }
    }
}

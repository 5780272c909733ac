package io.mandate.store.etcd;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.mandate.election.store.StoreException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The ways to one store: one is used until it fails, then the next. Thread-safe. */
final class Endpoints implements AutoCloseable {
    /** Often enough to be there soon after a store has come back, and rare enough not to bother one that is coming. */
    private static final long RECONNECT_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(250);

    private final List<ManagedChannel> channels;

    /** The channels, naming the group with every call. */
    private final List<Channel> ways;

    private final String name;
    private final AtomicInteger current = new AtomicInteger();
    private final AtomicLong reconnectNanos = new AtomicLong(System.nanoTime() - RECONNECT_NANOS_MIN);
    private volatile boolean closed;

    /** @param group that every call goes to; 0 is not named, for an etcd has no other */
    Endpoints(List<ManagedChannel> channels, String name, int group) {
        this.channels = List.copyOf(channels);
        this.ways = channels.stream()
                .map(channel ->
                        group == 0 ? channel : ClientInterceptors.intercept(channel, StoreMetadata.toGroup(group)))
                .toList();
        this.name = name;
    }

    /** How messages call the store's addresses. */
    String name() {
        return name;
    }

    int count() {
        return channels.size();
    }

    Channel current() {
        return ways.get(Math.floorMod(current.get(), channels.size()));
    }

    /** Goes to the next one, unless somebody did since this one was asked for. */
    void leave(Channel failed) {
        int at = current.get();
        if (ways.get(Math.floorMod(at, ways.size())) == failed && current.compareAndSet(at, at + 1)) {
            connectAgain(channels.get(Math.floorMod(at + 1, channels.size())));
        }
    }

    /** A channel by itself waits up to two minutes before it tries again to connect to who was away for long. */
    private void connectAgain(ManagedChannel channel) {
        long now = System.nanoTime();
        long last = reconnectNanos.get();
        if (now - last >= RECONNECT_NANOS_MIN && reconnectNanos.compareAndSet(last, now)) {
            channel.resetConnectBackoff();
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** What is asked for from then on fails with. */
    StoreException closedHere() {
        return new StoreException("the store at " + name + " has been closed here");
    }

    @Override
    public void close() {
        closed = true;
        channels.forEach(ManagedChannel::shutdownNow);
    }
}

package io.mandate.store.etcd;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The ways to one store: one is used until it fails, then the next. Thread-safe. */
final class Endpoints implements AutoCloseable {
    private final List<ManagedChannel> channels;
    private final String name;
    private final AtomicInteger current = new AtomicInteger();

    Endpoints(List<ManagedChannel> channels, String name) {
        this.channels = List.copyOf(channels);
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
        return channels.get(Math.floorMod(current.get(), channels.size()));
    }

    /** Goes to the next one, unless somebody did since this one was asked for. */
    void leave(Channel failed) {
        int at = current.get();
        if (channels.get(Math.floorMod(at, channels.size())) == failed) {
            current.compareAndSet(at, at + 1);
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}

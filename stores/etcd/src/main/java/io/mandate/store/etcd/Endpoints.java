package io.mandate.store.etcd;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The ways to one store: one is used until it fails, then the next. Thread-safe. */
final class Endpoints implements AutoCloseable {
    private final List<ManagedChannel> channels;

    /** The channels, naming the group with every call. */
    private final List<Channel> ways;

    private final String name;
    private final AtomicInteger current = new AtomicInteger();

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
        if (ways.get(Math.floorMod(at, ways.size())) == failed) {
            current.compareAndSet(at, at + 1);
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}

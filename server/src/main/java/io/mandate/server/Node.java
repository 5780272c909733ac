package io.mandate.server;

import java.util.concurrent.CompletableFuture;

/** A node of a store. */
public final class Node implements AutoCloseable {
    public static Node start(NodeOptions options) {
        return new Node();
    }

    public CompletableFuture<Void> ready() {
        return new CompletableFuture<>();
    }

    @Override
    public void close() {}
}

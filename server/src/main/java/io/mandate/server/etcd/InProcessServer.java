package io.mandate.server.etcd;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.util.List;

/** Serves the API of the client port within this JVM, without sockets and without serializing messages. Thread-safe. */
public final class InProcessServer implements AutoCloseable {
    /** gRPC's own default for connections. */
    private static final int METADATA_BYTES_MAX = 8_192;

    private final String name;
    private final Server server;

    private InProcessServer(String name, Server server) {
        this.name = name;
        this.server = server;
    }

    /**
     * Starts the server.
     *
     * @throws IOException if it cannot be started
     */
    public static InProcessServer open(List<ServerServiceDefinition> services) throws IOException {
        String name = InProcessServerBuilder.generateName();
        Server server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .maxInboundMetadataSize(METADATA_BYTES_MAX)
                .addServices(services)
                .build();
        return new InProcessServer(name, server.start());
    }

    /** Opens a channel to the server; the caller shuts it down. */
    public ManagedChannel channel() {
        return InProcessChannelBuilder.forName(name)
                .maxInboundMetadataSize(METADATA_BYTES_MAX)
                .build();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}

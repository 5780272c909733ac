package io.mandate.server.etcd;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.util.List;

/**
 * The services of the client port for this JVM: without sockets, and without turning messages into bytes. Thread-safe.
 */
public final class InProcessServer implements AutoCloseable {
    /** As gRPC's own for connections. */
    private static final int METADATA_BYTES_MAX = 8_192;

    private final String name;
    private final Server server;

    private InProcessServer(String name, Server server) {
        this.name = name;
        this.server = server;
    }

    /** Opens it; IOException if that cannot be. */
    public static InProcessServer open(List<ServerServiceDefinition> services) throws IOException {
        String name = InProcessServerBuilder.generateName();
        Server server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .maxInboundMetadataSize(METADATA_BYTES_MAX)
                .addServices(services)
                .build();
        return new InProcessServer(name, server.start());
    }

    /** A channel to it, which the caller shuts down. */
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

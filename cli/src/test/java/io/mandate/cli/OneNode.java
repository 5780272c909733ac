package io.mandate.cli;

import io.mandate.server.FreePorts;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A store of one node in this JVM, for the commands under test. */
final class OneNode implements AutoCloseable {
    private final Node node;
    private final String endpoint;

    private OneNode(Node node, String endpoint) {
        this.node = node;
        this.endpoint = endpoint;
    }

    /** Starts it with the data directory {@code node} in a directory, and waits until it serves. */
    static OneNode start(Path directory) throws Exception {
        List<Integer> ports = FreePorts.find(2);
        String endpoint = "127.0.0.1:" + ports.get(0);
        Node node = Node.start(NodeOptions.builder("only", directory.resolve("node"))
                .listenClientUrls(List.of(URI.create("http://" + endpoint)))
                .listenPeerUrl(URI.create("http://127.0.0.1:" + ports.get(1)))
                .electionTimeoutMillis(1000)
                .build());
        node.ready().get(30, TimeUnit.SECONDS);
        return new OneNode(node, endpoint);
    }

    /** Host and port. */
    String endpoint() {
        return endpoint;
    }

    String url() {
        return "http://" + endpoint;
    }

    @Override
    public void close() {
        node.close();
    }
}

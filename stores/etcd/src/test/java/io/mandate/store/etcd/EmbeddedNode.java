package io.mandate.store.etcd;

import io.mandate.server.FreePorts;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node in this JVM, with its data in a directory that goes with it. */
final class EmbeddedNode implements AutoCloseable {
    private final Path directory;
    private final int port;
    private final Node node;

    EmbeddedNode() throws Exception {
        this(1);
    }

    EmbeddedNode(int groups) throws Exception {
        directory = Files.createTempDirectory("mandate-embedded");
        port = FreePorts.one();
        node = Node.start(NodeOptions.builder("only", directory)
                .listenClientUrls(List.of(URI.create("http://127.0.0.1:" + port)))
                .listenPeerUrl(URI.create("http://127.0.0.1:" + FreePorts.one()))
                .groups(groups)
                .build());
        node.ready().get(30, TimeUnit.SECONDS);
    }

    EtcdStore overTheWire() {
        return EtcdStore.connect(address());
    }

    String address() {
        return "http://127.0.0.1:" + port;
    }

    EtcdStore inProcess() {
        return EtcdStore.on(node.inProcess().channel());
    }

    EtcdStore inProcess(int group) {
        return EtcdStore.on(node.inProcess().channel(), group);
    }

    @Override
    public void close() throws IOException {
        node.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

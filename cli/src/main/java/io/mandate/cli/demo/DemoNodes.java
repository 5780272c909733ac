package io.mandate.cli.demo;

import io.mandate.server.FreePorts;
import io.mandate.store.etcd.EtcdStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Nodes of one cluster, each a process of its own on loopback, with their data in a temporary directory. One thread at
 * a time.
 */
final class DemoNodes implements AutoCloseable {
    private final List<Integer> clientPorts;
    private final List<Integer> peerPorts;
    private final List<DemoNode> nodes = new ArrayList<>();
    private final List<CandidateProcess> candidates = new CopyOnWriteArrayList<>();
    private final Path directory;
    private final Waiting waiting;

    private DemoNodes(Path directory, List<Integer> ports, Waiting waiting) {
        this.directory = directory;
        this.waiting = waiting;
        int count = ports.size() / 2;
        this.clientPorts = ports.subList(0, count);
        this.peerPorts = ports.subList(count, 2 * count);
    }

    /** Starts so many nodes and returns when all are ready. */
    static DemoNodes start(int count, Waiting waiting) throws IOException, InterruptedException {
        DemoNodes started =
                new DemoNodes(Files.createTempDirectory("mandate-demo"), FreePorts.find(2 * count), waiting);
        Runtime.getRuntime().addShutdownHook(new Thread(started::close, "demo-clean-up"));
        try {
            for (int i = 0; i < count; i++) {
                started.nodes.add(started.launch(i));
            }
            started.awaitReady();
            return started;
        } catch (IOException | InterruptedException | RuntimeException failed) {
            started.close();
            throw failed;
        }
    }

    private void awaitReady() throws InterruptedException {
        for (DemoNode node : nodes) {
            waiting.until(node.name() + " to be ready", node::isReady);
        }
    }

    /** Starts the nodes again that have been killed, and returns when they are ready. */
    void startKilled() throws IOException, InterruptedException {
        for (int i = 0; i < nodes.size(); i++) {
            if (!nodes.get(i).isAlive()) {
                nodes.set(i, launch(i));
            }
        }
        awaitReady();
    }

    String name(int node) {
        return "node-" + (node + 1);
    }

    List<String> endpoints() {
        return clientPorts.stream().map(port -> "127.0.0.1:" + port).toList();
    }

    EtcdStore connect() throws InterruptedException {
        return waiting.forValue("the store to answer", () -> DemoStore.tried(String.join(",", endpoints())));
    }

    void kill(int node) throws InterruptedException {
        waiting.release(nodes.get(node));
        nodes.get(node).kill();
    }

    /** Where candidates may keep their files; removed with the nodes. */
    Path workplace(String name) {
        return directory.resolve(name);
    }

    /** Starts a candidate that the demo needs, and that ends with the nodes at the latest. */
    CandidateProcess startCandidate(String name, List<String> arguments, String log) {
        CandidateProcess candidate = CandidateProcess.start(name, OwnJvm.command(arguments), directory.resolve(log));
        candidates.add(candidate);
        waiting.need(candidate);
        return candidate;
    }

    private DemoNode launch(int node) throws IOException {
        String clientUrl = "http://127.0.0.1:" + clientPorts.get(node);
        String peerUrl = "http://127.0.0.1:" + peerPorts.get(node);
        String cluster = IntStream.range(0, clientPorts.size())
                .mapToObj(i -> name(i) + "=http://127.0.0.1:" + peerPorts.get(i))
                .collect(Collectors.joining(","));
        List<String> command = OwnJvm.command(List.of(
                "server",
                "--name",
                name(node),
                "--data-dir",
                directory.resolve(name(node)).toString(),
                "--listen-client-urls",
                clientUrl,
                "--advertise-client-urls",
                clientUrl,
                "--listen-peer-urls",
                peerUrl,
                "--initial-advertise-peer-urls",
                peerUrl,
                "--initial-cluster",
                cluster,
                "--log-level",
                "warn"));
        DemoNode launched = DemoNode.start(name(node), command, directory.resolve(name(node) + ".log"));
        waiting.need(launched);
        return launched;
    }

    @Override
    public synchronized void close() {
        for (CandidateProcess candidate : candidates) {
            waiting.release(candidate);
            candidate.close();
        }
        try {
            for (DemoNode node : nodes) {
                waiting.release(node);
                node.kill();
            }
            deleteDirectory();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void deleteDirectory() {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException left) {
            System.err.println("mandate: " + directory + " could not be removed: " + left);
        }
    }
}

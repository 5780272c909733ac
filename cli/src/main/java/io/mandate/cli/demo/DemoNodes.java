package io.mandate.cli.demo;

import io.mandate.cli.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Nodes of one cluster, each a process of its own on loopback, with their data in a temporary directory. One thread at a time. */
final class DemoNodes implements AutoCloseable {
    private static final long READY_SECONDS_MAX = 20;

    private final List<Integer> clientPorts;
    private final List<Integer> peerPorts;
    private final List<Process> processes = new ArrayList<>();
    private final Path directory;

    private DemoNodes(Path directory, List<Integer> ports) {
        this.directory = directory;
        int count = ports.size() / 2;
        this.clientPorts = ports.subList(0, count);
        this.peerPorts = ports.subList(count, 2 * count);
    }

    /** Starts so many nodes and returns when all are ready. */
    static DemoNodes start(int count) {
        try {
            DemoNodes nodes = new DemoNodes(Files.createTempDirectory("mandate-demo"), FreePorts.find(2 * count));
            Runtime.getRuntime().addShutdownHook(new Thread(nodes::close, "demo-clean-up"));
            List<CompletableFuture<Void>> ready = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                nodes.processes.add(nodes.launch(i));
                ready.add(nodes.whenReady(i));
            }
            ready.forEach(DemoNodes::await);
            return nodes;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    String name(int node) {
        return "node-" + (node + 1);
    }

    List<String> endpoints() {
        return clientPorts.stream().map(port -> "127.0.0.1:" + port).toList();
    }

    long pid(int node) {
        return processes.get(node).pid();
    }

    void kill(int node) throws InterruptedException {
        processes.get(node).destroyForcibly().waitFor();
    }

    /** Where candidates may keep their files; removed with the nodes. */
    Path workplace(String name) {
        return directory.resolve(name);
    }

    private Process launch(int node) throws IOException {
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
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name(node) + ".log").toFile()))
                .start();
    }

    private CompletableFuture<Void> whenReady(int node) {
        CompletableFuture<Void> ready = new CompletableFuture<>();
        BufferedReader output = processes.get(node).inputReader(StandardCharsets.UTF_8);
        Thread reader = new Thread(
                () -> {
                    try (output) {
                        for (String line = output.readLine(); line != null; line = output.readLine()) {
                            if (line.contains("ready to serve client requests")) {
                                ready.complete(null);
                            }
                        }
                    } catch (IOException closed) {
                        ready.completeExceptionally(closed);
                    }
                    ready.completeExceptionally(new IllegalStateException(
                            name(node) + " ended before it was ready; its log:\n" + log(node)));
                },
                "output-of-" + name(node));
        reader.setDaemon(true);
        reader.start();
        return ready.orTimeout(READY_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private String log(int node) {
        try {
            return Files.readString(directory.resolve(name(node) + ".log"));
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private static void await(CompletableFuture<Void> ready) {
        ready.join();
    }

    @Override
    public synchronized void close() {
        processes.forEach(Process::destroy);
        try {
            for (Process process : processes) {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            }
            deleteDirectory();
        } catch (InterruptedException interrupted) {
            processes.forEach(Process::destroyForcibly);
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

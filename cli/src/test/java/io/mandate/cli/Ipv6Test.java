package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.mandate.server.FreePorts;
import io.mandate.store.etcd.EtcdStore;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes and commands on an IPv6 address. In JVMs of their own, for the one that runs the tests may have been told to do
 * without IPv6.
 */
@Tag("integration")
@Timeout(180)
class Ipv6Test {
    private static final int NODES = 3;

    /** Commands, each with its arguments; ends with the first exit code other than 0. */
    static final class Commands {
        private Commands() {}

        public static void main(String[] endpoints) throws Exception {
            for (String endpoint : endpoints) {
                for (List<String> command : List.of(
                        List.of("put", "k", "v"),
                        List.of("get", "k"),
                        List.of("status"),
                        List.of("run", "--election", "e", "--", "true"))) {
                    List<String> words = new ArrayList<>(command);
                    words.addAll(1, List.of("--endpoints", endpoint, "--timeout", "30s"));
                    int exitCode = Main.commandLine().execute(words.toArray(String[]::new));
                    if (exitCode != 0) {
                        System.err.println(words + " ended with " + exitCode);
                        System.exit(exitCode);
                    }
                }
                try (EtcdStore store = EtcdStore.connect(endpoint)) {
                    System.out.println(store.guarantees().store() + " has "
                            + store.read("k").get(30, TimeUnit.SECONDS));
                }
            }
            System.exit(0);
        }
    }

    private static Process java(Path log, Class<?> main, List<String> arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        words.addAll(arguments);
        return new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static boolean hasIpv6() throws IOException {
        Path addresses = Path.of("/proc/net/if_inet6");
        return Files.exists(addresses) && Files.readString(addresses).contains("00000000000000000000000000000001 ");
    }

    @Test
    void aClusterOnIpv6IsReachedByEveryCommand(@TempDir Path directory) throws Exception {
        assumeThat(hasIpv6()).as("this machine has ::1").isTrue();
        List<Integer> ports = FreePorts.find(2 * NODES);
        String cluster = IntStream.range(0, NODES)
                .mapToObj(i -> "n" + i + "=http://[::1]:" + ports.get(NODES + i))
                .collect(Collectors.joining(", "));
        List<Process> processes = new ArrayList<>();
        try {
            for (int i = 0; i < NODES; i++) {
                processes.add(java(
                        directory.resolve("n" + i + ".log"),
                        Main.class,
                        List.of(
                                "server",
                                "--name",
                                "n" + i,
                                "--data-dir",
                                directory.resolve("n" + i).toString(),
                                "--listen-client-urls",
                                "http://[::1]:" + ports.get(i),
                                "--advertise-client-urls",
                                "http://[::1]:" + ports.get(i),
                                "--listen-peer-urls",
                                "http://[::1]:" + ports.get(NODES + i) + "/",
                                "--initial-advertise-peer-urls",
                                "HTTP://[::1]:" + ports.get(NODES + i),
                                "--initial-cluster",
                                cluster,
                                "--election-timeout",
                                "1000")));
            }
            List<String> endpoints = new ArrayList<>(List.of(
                    "[::1]:" + ports.get(0),
                    IntStream.range(0, NODES)
                            .mapToObj(i -> "http://[::1]:" + ports.get(i) + "/")
                            .collect(Collectors.joining(", "))));
            if (NetworkInterface.getByName("lo") != null) {
                endpoints.add("[::1%lo]:" + ports.get(2));
            }
            for (int i = 0; i < NODES; i++) {
                awaitReady(directory.resolve("n" + i + ".log"), processes.get(i));
            }
            Path log = directory.resolve("commands.log");
            Process commands = java(log, Commands.class, endpoints);
            processes.add(commands);
            assertThat(commands.waitFor(120, TimeUnit.SECONDS)).isTrue();
            assertThat(commands.exitValue()).as(Files.readString(log)).isZero();
        } finally {
            processes.forEach(Process::destroyForcibly);
            for (Process process : processes) {
                process.waitFor();
            }
        }
    }

    private static void awaitReady(Path log, Process process) throws Exception {
        CompletableFuture<Process> ended = process.onExit();
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!Files.readString(log, StandardCharsets.UTF_8).contains("ready to serve client requests")) {
            assertThat(ended).as(Files.readString(log)).isNotDone();
            assertThat(System.nanoTime()).as(Files.readString(log)).isLessThan(endNanos);
            LockSupport.parkNanos(10_000_000);
        }
    }
}

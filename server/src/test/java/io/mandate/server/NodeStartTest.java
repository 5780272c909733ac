package io.mandate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.server.log.DamagedLogException;
import io.mandate.server.raft.IdentityException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A failed start releases everything: the same JVM can start a node with the same directory and ports as soon as the
 * cause is removed.
 */
@Tag("integration")
@Timeout(120)
class NodeStartTest {
    private static final int WAIT_SECONDS_MAX = 30;

    @TempDir
    Path directory;

    private int clientPort;
    private int peerPort;

    /** Loads classes and starts the threads that the engine shares in the JVM, which a start does not release. */
    @BeforeAll
    static void warmUp(@TempDir Path elsewhere) throws Exception {
        startAndStop(options(elsewhere.resolve("warm"), FreePorts.one(), FreePorts.one())
                .build());
    }

    @BeforeEach
    void choosePorts() throws IOException {
        clientPort = FreePorts.one();
        peerPort = FreePorts.one();
    }

    private static ServerSocket occupy(int port) throws IOException {
        return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    }

    private static URI url(int port) {
        return URI.create("http://127.0.0.1:" + port);
    }

    private static NodeOptions.Builder options(Path directory, int clientPort, int peerPort) {
        return NodeOptions.builder("only", directory)
                .listenClientUrls(List.of(url(clientPort)))
                .listenPeerUrl(url(peerPort));
    }

    private NodeOptions.Builder options() {
        return options(directory.resolve("data"), clientPort, peerPort);
    }

    private static void startAndStop(NodeOptions options) throws Exception {
        try (Node node = Node.start(options)) {
            node.ready().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        }
    }

    private static void assertStartFails(
            NodeOptions options, Class<? extends Exception> expected, String... messageParts) {
        Footprint before = Footprint.now();
        assertThatThrownBy(() -> Node.start(options)).isInstanceOf(expected).hasMessageContainingAll(messageParts);
        before.awaitReleased();
    }

    @Test
    void aClientPortInUseIsNamedAndEverythingIsReleased() throws Exception {
        NodeOptions options = options().build();
        try (ServerSocket other = occupy(clientPort)) {
            assertStartFails(options, IOException.class, "clients", Integer.toString(other.getLocalPort()));
        }
        startAndStop(options);
    }

    @Test
    void theOtherClientAddressesAreReleasedIfOneIsInUse() throws Exception {
        int second = FreePorts.one();
        NodeOptions options = options()
                .listenClientUrls(List.of(url(clientPort), url(second)))
                .build();
        try (ServerSocket other = occupy(second)) {
            assertStartFails(options, IOException.class, Integer.toString(other.getLocalPort()));
            occupy(clientPort).close();
        }
        startAndStop(options);
    }

    @Test
    void aPeerPortInUseIsNamedAndEverythingIsReleased() throws Exception {
        NodeOptions options = options().build();
        try (ServerSocket other = occupy(peerPort)) {
            assertStartFails(options, IOException.class, "peers", Integer.toString(other.getLocalPort()));
        }
        startAndStop(options);
    }

    @Test
    void aDirectoryInUseIsRefusedAndItsOwnerIsNotAffected() throws Exception {
        try (Node owner = Node.start(options().build())) {
            owner.ready().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            NodeOptions second = options(directory.resolve("data"), FreePorts.one(), peerPort)
                    .build();
            assertStartFails(second, IdentityException.class, "in use", "--data-dir");
            assertThat(owner.failure()).isNotDone();
        }
        startAndStop(options().build());
    }

    @Test
    void aFileInThePathOfTheDataDirectoryIsNamed() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        NodeOptions itself = options(file, clientPort, peerPort).build();
        NodeOptions within = options(file.resolve("data"), clientPort, peerPort).build();
        for (NodeOptions options : List.of(itself, within)) {
            String beginning = "cannot use data directory " + options.dataDirectory() + ": " + file;
            assertStartFails(options, IOException.class, beginning + " is a file, not a directory. ", "--data-dir");
        }
        Files.delete(file);
        startAndStop(within);
    }

    @Test
    void anotherClustersDirectoryIsRefusedAndEverythingIsReleased() throws Exception {
        startAndStop(options().build());
        assertStartFails(options().clusterToken("another").build(), IdentityException.class, "belongs to another");
        startAndStop(options().build());
    }

    @Test
    void aDamagedIdentityIsRefusedAndEverythingIsReleased() throws Exception {
        startAndStop(options().build());
        Path identity = directory.resolve("data/identity");
        byte[] whole = Files.readAllBytes(identity);
        byte[] damaged = whole.clone();
        damaged[3] ^= 1;
        Files.write(identity, damaged);
        assertStartFails(options().build(), IdentityException.class, identity.toString(), "damaged");
        Files.write(identity, whole);
        Files.writeString(directory.resolve("data/members"), "nonsense");
        assertStartFails(options().build(), IdentityException.class, "members", "damaged");
        Files.delete(directory.resolve("data/members"));
        startAndStop(options().build());
    }

    @Test
    void aDamagedLogIsRefusedAndEverythingIsReleased() throws Exception {
        startAndStop(options().build());
        Path log = directory.resolve("data/log/0000000000000001.log");
        byte[] whole = Files.readAllBytes(log);
        byte[] damaged = whole.clone();
        damaged[40] ^= 1;
        Files.write(log, damaged);
        assertStartFails(options().build(), DamagedLogException.class, log.toString());
        Files.write(log, whole);
        startAndStop(options().build());
    }

    @Test
    void aGroupThatFailsToStartStopsTheOthers() throws Exception {
        NodeOptions options = options().groups(4).build();
        startAndStop(options);
        Path vote = directory.resolve("data/groups/2/vote");
        Path moved = directory.resolve("aside");
        Files.move(vote, moved);
        Files.createFile(vote);
        assertStartFails(options, IOException.class, vote.toString());
        Files.delete(vote);
        Files.move(moved, vote);
        startAndStop(options);
    }

    @Test
    void anEngineThatFailsToStartEndsItsThreads() throws Exception {
        startAndStop(options().build());
        Path vote = directory.resolve("data/groups/0/vote/raft_meta");
        byte[] whole = Files.readAllBytes(vote);
        Files.write(vote, new byte[] {0, 0, 0, 4, 'v', 'o', 't', 'e'});
        assertStartFails(options().build(), IOException.class, "did not start");
        Files.write(vote, whole);
        startAndStop(options().build());
    }

    @Test
    void closingTwiceDoesNotAffectALaterNode() throws Exception {
        Node first = Node.start(options().build());
        first.ready().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        first.close();
        try (Node second = Node.start(options().build())) {
            first.close();
            second.ready().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(second.failure()).isNotDone();
        }
        startAndStop(options().build());
    }

    @Test
    void aNodeThatIsClosedBeforeItServesReleasesEverything() throws Exception {
        NodeOptions oneOfTwo = options()
                .initialCluster(Map.of("only", url(peerPort), "absent", url(FreePorts.one())))
                .build();
        Footprint before = Footprint.now();
        Node.start(oneOfTwo).close();
        before.awaitReleased();
    }
}

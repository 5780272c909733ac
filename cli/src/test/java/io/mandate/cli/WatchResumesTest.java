package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.server.FreePorts;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A watch, and a cluster of three whose nodes come and go. */
@Tag("integration")
@Timeout(180)
class WatchResumesTest {
    private static final int NODES = 3;

    @TempDir
    Path directory;

    private List<Integer> ports;
    private final Node[] nodes = new Node[NODES];

    @BeforeEach
    void startAll() throws Exception {
        ports = FreePorts.find(2 * NODES);
        for (int i = 0; i < NODES; i++) {
            nodes[i] = start(i);
        }
        for (Node node : nodes) {
            node.ready().get(60, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stopAll() {
        for (Node node : nodes) {
            node.close();
        }
    }

    private Node start(int node) throws IOException {
        Map<String, URI> cluster = new HashMap<>();
        for (int i = 0; i < NODES; i++) {
            cluster.put("n" + i, URI.create("http://127.0.0.1:" + ports.get(NODES + i)));
        }
        return Node.start(NodeOptions.builder("n" + node, directory.resolve("n" + node))
                .listenClientUrls(List.of(URI.create("http://" + address(node))))
                .listenPeerUrl(URI.create("http://127.0.0.1:" + ports.get(NODES + node)))
                .initialCluster(cluster)
                .electionTimeoutMillis(1000)
                .build());
    }

    private String address(int node) {
        return "127.0.0.1:" + ports.get(node);
    }

    private void put(int node, int number) throws Exception {
        Typed put = Typed.run("put", "w/" + number, "" + number, "--endpoints", address(node), "--timeout", "60s");
        assertThat(put.exitCode()).as(put.err()).isZero();
    }

    @Test
    void aWatchGoesOnElsewhereAndAtTheSameNodeWhenThatIsBackWithoutGapOrDouble() throws Exception {
        put(1, 0);
        Typed watch = watch(4, address(0) + "," + address(1));
        watch.awaitOut("w/0 = 0");
        nodes[0].close();
        put(1, 1);
        watch.awaitErr("watch interrupted, " + address(0));
        watch.awaitErr("watch goes on at " + address(1) + " from revision ");
        watch.awaitOut("w/1 = 1");
        nodes[0] = start(0);
        nodes[0].ready().get(60, TimeUnit.SECONDS);
        nodes[1].close();
        put(0, 2);
        watch.awaitErr("watch goes on at " + address(0) + " from revision ");
        watch.awaitOut("w/2 = 2");
        nodes[1] = start(1);
        put(0, 3);
        assertThat(watch.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(watch.out()).map(line -> line.replaceAll(".* = ", "")).containsExactly("0", "1", "2", "3");
    }

    @Test
    void aWatchSaysWhenItsOnlyMemberLosesTheLeaderAndWhenItIsBack() throws Exception {
        put(0, 1);
        Typed watch = watch(2, address(0));
        watch.awaitOut("w/1 = 1");
        nodes[1].close();
        nodes[2].close();
        watch.awaitErr("watch interrupted, " + address(0) + ": etcdserver: no leader");
        watch.awaitErr(address(0) + " has no leader");
        nodes[1] = start(1);
        nodes[2] = start(2);
        watch.awaitErr("watch goes on at " + address(0) + " from revision ");
        put(0, 2);
        assertThat(watch.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(watch.out()).map(line -> line.replaceAll(".* = ", "")).containsExactly("1", "2");
    }

    private static Typed watch(int events, String endpoints) {
        return Typed.start(
                "watch",
                "w/",
                "--prefix",
                "--rev",
                "1",
                "--events",
                "" + events,
                "--endpoints",
                endpoints,
                "--timeout",
                "60s");
    }
}

package io.mandate.server.raft;

import static io.mandate.server.raft.TestCluster.await;
import static io.mandate.server.raft.TestCluster.put;
import static io.mandate.server.raft.TestCluster.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.server.raft.transport.PeerVersions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster of two releases: the current one, and one that speaks one version more. The steps are those of
 * docs/operations.md.
 */
@Tag("integration")
@Timeout(180)
class RollingUpgradeTest {
    private static final PeerVersions CURRENT = new PeerVersions(2, 2);
    private static final PeerVersions NEXT = new PeerVersions(2, 3);
    private static final PeerVersions MUCH_LATER = new PeerVersions(3, 4);
    private static final List<Long> MEMBERS = List.of(1L, 2L, 3L);

    @TempDir
    Path directory;

    private static void assertAllServe(TestCluster cluster, String value) {
        for (RaftReplica writer : cluster.all()) {
            put(writer, "k", value + TestCluster.id(writer));
            for (RaftReplica reader : cluster.all()) {
                assertThat(read(reader, "k")).isEqualTo(value + TestCluster.id(writer));
            }
        }
    }

    private static void restart(TestCluster cluster, long member, PeerVersions versions) {
        cluster.stop(member);
        cluster.start(member, versions);
        await(
                "a leader that " + member + " knows",
                () -> cluster.get(member).status().hasLeader());
    }

    private static void startAll(TestCluster cluster, PeerVersions versions) {
        MEMBERS.forEach(member -> cluster.start(member, versions));
    }

    /** Upgrades the followers first and the leader last, each when the one before serves again. */
    private static void upgrade(TestCluster cluster) {
        List<Long> order = new ArrayList<>(MEMBERS);
        Long leader = TestCluster.id(cluster.leader());
        order.remove(leader);
        order.add(leader);
        for (int done = 0; done < order.size(); done++) {
            restart(cluster, order.get(done), NEXT);
            assertAllServe(cluster, "upgraded " + (done + 1) + " ");
            if (done < order.size() - 1) {
                MEMBERS.forEach(member -> assertThat(cluster.host(member).commonVersion())
                        .as("while one member speaks only version 2")
                        .isEqualTo(2));
            }
        }
        MEMBERS.forEach(member ->
                await("the version that all speak", () -> cluster.host(member).commonVersion() == 3));
        assertAllServe(cluster, "all ");
    }

    @Test
    void nodesAreUpgradedOneByOneWithoutInterruption() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000)) {
            startAll(cluster, CURRENT);
            put(cluster.leader(), "before", "1");
            upgrade(cluster);
            MEMBERS.forEach(cluster::stop);
            startAll(cluster, NEXT);
            assertThat(read(cluster.leader(), "before")).isEqualTo("1");
            assertThat(read(cluster.follower(), "k")).startsWith("all ");
        }
    }

    @Test
    void aDowngradeIsPossibleUntilAllSpeakTheNewVersion() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000)) {
            startAll(cluster, CURRENT);
            long one = TestCluster.id(cluster.follower());
            restart(cluster, one, NEXT);
            assertAllServe(cluster, "upgraded ");
            restart(cluster, one, CURRENT);
            assertAllServe(cluster, "downgraded ");
        }
    }

    @Test
    void theOlderReleaseStopsWithTheCauseOnceAllSpeakTheNewVersion() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000)) {
            startAll(cluster, CURRENT);
            upgrade(cluster);
            long one = TestCluster.id(cluster.follower());
            cluster.stop(one);
            put(cluster.leader(), "while it was down", "1");
            RaftHost older = cluster.start(one, CURRENT);
            assertThat(older.failure().get(30, TimeUnit.SECONDS))
                    .contains("cannot be applied", "format 2", "run the release that wrote it, or a newer one");
            assertThat(put(cluster.leader(), "others", "continue").revision()).isPositive();
            restart(cluster, one, NEXT);
            assertThat(read(cluster.get(one), "others")).isEqualTo("continue");
        }
    }

    @Test
    void aReleaseWithoutACommonVersionIsRejectedAndTheOthersAreNotAffected() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000)) {
            cluster.start(1, CURRENT);
            cluster.start(2, CURRENT);
            put(cluster.leader(), "a", "1");
            assertThatThrownBy(() -> cluster.start(3, MUCH_LATER))
                    .isInstanceOf(IdentityException.class)
                    .hasMessageContainingAll("3 to 4", "speaks 2", "consecutive releases");
            assertThat(read(cluster.leader(), "a")).isEqualTo("1");
            cluster.start(3, CURRENT);
            assertAllServe(cluster, "three ");
        }
    }
}

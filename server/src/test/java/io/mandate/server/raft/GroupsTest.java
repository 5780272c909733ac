package io.mandate.server.raft;

import static io.mandate.server.raft.TestCluster.await;
import static io.mandate.server.raft.TestCluster.get;
import static io.mandate.server.raft.TestCluster.put;
import static io.mandate.server.raft.TestCluster.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.log.DamagedLogException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several Raft groups on the nodes of one cluster. */
@Tag("integration")
class GroupsTest {
    private static final int GROUPS = 4;

    @TempDir
    Path directory;

    private TestCluster cluster(int groups) {
        return new TestCluster(directory, 3, groups, 1_000_000, 500);
    }

    @Test
    void eachGroupHasItsOwnDataAndRevisions() {
        try (TestCluster cluster = cluster(GROUPS).startAll()) {
            for (int group = 0; group < GROUPS; group++) {
                for (int write = 0; write <= group; write++) {
                    put(cluster.follower(group), "k", group + "." + write);
                }
            }
            for (int group = 0; group < GROUPS; group++) {
                for (RaftReplica replica : cluster.all(group)) {
                    assertThat(read(replica, "k")).isEqualTo(group + "." + group);
                    assertThat(replica.keyspace().revision()).isEqualTo(2 + group);
                }
            }
        }
    }

    @Test
    void noGroupLosesAcknowledgedWritesWhenANodeStopsAndWhenAllRestart() {
        try (TestCluster cluster = cluster(GROUPS).startAll()) {
            List<CompletableFuture<Outcome>> writes = new ArrayList<>();
            for (int write = 0; write < 200; write++) {
                writes.add(cluster.leader(write % GROUPS)
                        .propose(Request.of(TxnOperation.Put.of(Bytes.utf8("k" + write), Bytes.utf8("v")))));
            }
            writes.forEach(TestCluster::get);
            cluster.stop(1);
            for (int group = 0; group < GROUPS; group++) {
                assertThat(put(cluster.leader(group), "after", "1")).isInstanceOf(Outcome.Written.class);
            }
            cluster.stop(2);
            cluster.stop(3);
            cluster.startAll();
            for (int write = 0; write < 200; write++) {
                assertThat(read(cluster.leader(write % GROUPS), "k" + write)).isEqualTo("v");
            }
            for (int group = 0; group < GROUPS; group++) {
                assertThat(read(cluster.get(1, group), "after")).isEqualTo("1");
            }
        }
    }

    @Test
    void eachGroupHasItsOwnLeader() {
        try (TestCluster cluster = cluster(2).startAll()) {
            cluster.leader(0);
            RaftReplica target = cluster.follower(1);
            get(cluster.leader(1).moveLeader(TestCluster.id(target)));
            await("the move", () -> target.status().isLeader());
            RaftReplica other = cluster.follower(0);
            get(cluster.leader(0).moveLeader(TestCluster.id(other)));
            await("the other move", () -> other.status().isLeader());
            assertThat(target.status().isLeader()).isTrue();
        }
    }

    /** Waits until every group is led by its preferred leader. */
    private static void awaitPreferredLeaders(TestCluster cluster) {
        List<Long> byAddress = cluster.membersByAddress();
        await("preferred leaders", () -> {
            for (int group = 0; group < GROUPS; group++) {
                if (!cluster.get(byAddress.get(group % byAddress.size()), group)
                        .status()
                        .isLeader()) {
                    return false;
                }
            }
            return true;
        });
    }

    @Test
    void aRestartedNodeRegainsItsGroupsAndTheWritesItMissed() {
        try (TestCluster cluster = cluster(GROUPS).startAll()) {
            long first = cluster.membersByAddress().get(0);
            cluster.stop(first);
            for (int group = 0; group < GROUPS; group++) {
                put(cluster.leader(group), "without", "it");
            }
            cluster.start(first, false);
            awaitPreferredLeaders(cluster);
            assertThat(read(cluster.get(first, 0), "without")).isEqualTo("it");
        }
    }

    @Test
    void leadersAreBalancedAndAStoppingNodeTransfersItsGroupsToAllOthers() {
        try (TestCluster cluster = cluster(6).startAll()) {
            awaitPreferredLeaders(cluster);
            List<Long> byAddress = cluster.membersByAddress();
            cluster.host(byAddress.get(0)).handOver();
            for (int group = 0; group < 6; group++) {
                RaftReplica leaving = cluster.get(byAddress.get(0), group);
                await(
                        "another leader",
                        () -> !leaving.status().isLeader() && leaving.status().hasLeader());
            }
            assertThat(cluster.leader(0)).isSameAs(cluster.get(byAddress.get(1), 0));
            assertThat(cluster.leader(3)).isSameAs(cluster.get(byAddress.get(1), 3));
        }
    }

    @Test
    void aMemberWithALostDiskVotesAgainOnlyAfterAllGroupsHaveReadmittedIt() {
        try (TestCluster cluster = cluster(2).startAll()) {
            put(cluster.leader(0), "a", "0");
            put(cluster.leader(1), "a", "1");
            cluster.stop(3);
            cluster.wipe(3);
            cluster.start(3, true);
            await(
                    "the member to be readmitted",
                    () -> "false"
                            .equals(DurableProperties.read(
                                            directory.resolve("member-3").resolve("identity"))
                                    .get("replacing")));
            cluster.stop(1);
            for (int group = 0; group < 2; group++) {
                put(cluster.leader(group), "b", "2");
                assertThat(read(cluster.get(3, group), "a")).isEqualTo(String.valueOf(group));
            }
        }
    }

    @Test
    void aNumberOfGroupsOtherThanTheDisksIsRefusedWithBothNumbers() {
        try (TestCluster cluster = cluster(2)) {
            Identity identity = Identity.open(cluster.options(1, false));
            identity.initialize();
            identity.close();
        }
        try (TestCluster cluster = cluster(3)) {
            assertThatThrownBy(() -> cluster.start(1, false))
                    .isInstanceOf(IdentityException.class)
                    .hasMessageContaining("--groups 2")
                    .hasMessageContaining("--groups 3");
        }
    }

    @Test
    void aDirectoryWithoutItsLogIsRefused() {
        try (TestCluster cluster = cluster(1)) {
            Identity identity = Identity.open(cluster.options(1, false));
            identity.initialize();
            identity.close();
            assertThatThrownBy(() -> cluster.start(1, false))
                    .isInstanceOf(DamagedLogException.class)
                    .hasMessageContaining("member-1/log does not exist")
                    .hasMessageContaining("--initial-cluster-state existing");
        }
    }

    @Test
    void aDirectoryOfAnotherFormatIsRefused() {
        try (TestCluster cluster = cluster(1)) {
            Identity identity = Identity.open(cluster.options(1, false));
            identity.initialize();
            identity.close();
            Path file = directory.resolve("member-1").resolve("identity");
            Map<String, String> older = new TreeMap<>(DurableProperties.read(file));
            older.put("format", "2");
            DurableProperties.write(file, older);
            assertThatThrownBy(() -> cluster.start(1, false))
                    .isInstanceOf(IdentityException.class)
                    .hasMessageContaining("has format 2, this version writes 3");
        }
    }

    @Test
    void aMemberWithAnotherNumberOfGroupsIsRefusedByTheOthers() {
        try (TestCluster cluster = cluster(2).startAll()) {
            cluster.leader(0);
            cluster.stop(3);
            cluster.wipe(3);
            ReplicaOptions two = cluster.options(3, true);
            ReplicaOptions four = new ReplicaOptions(
                    two.clusterId(),
                    3,
                    two.peers(),
                    two.listenAddress(),
                    directory.resolve("elsewhere"),
                    false,
                    4,
                    two.heartbeatMillis(),
                    two.electionTimeoutMillis(),
                    two.snapshotCommands(),
                    two.requestBytesMax(),
                    two.keyspaceLimits(),
                    null);
            assertThatThrownBy(() -> cluster.start(3, four))
                    .isInstanceOf(IdentityException.class)
                    .hasMessageContaining("--groups 4")
                    .hasMessageContaining("--groups 2");
            assertThat(directory.resolve("elsewhere").resolve("identity")).doesNotExist();
        }
    }
}

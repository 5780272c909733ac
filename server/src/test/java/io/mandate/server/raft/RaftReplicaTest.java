package io.mandate.server.raft;

import static io.mandate.server.raft.TestCluster.await;
import static io.mandate.server.raft.TestCluster.get;
import static io.mandate.server.raft.TestCluster.put;
import static io.mandate.server.raft.TestCluster.read;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.LoggedLines;
import io.mandate.server.raft.ReplicationException.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class RaftReplicaTest {
    @TempDir
    Path directory;

    @Test
    void aSingleReplicaServesAndKeepsItsDataOverARestart() {
        try (TestCluster cluster = new TestCluster(directory, 1, 1_000_000).startAll()) {
            assertThat(put(cluster.leader(), "a", "1").revision()).isEqualTo(2);
            cluster.stop(1);
            cluster.start(1, false);
            assertThat(read(cluster.leader(), "a")).isEqualTo("1");
        }
    }

    @Test
    void aReplicaWithoutAMajorityWarnsThatThereIsNoLeader() throws Exception {
        try (LoggedLines logged = LoggedLines.of(NoLeaderWarning.class);
                TestCluster cluster = new TestCluster(directory, 3, 1_000_000)) {
            RaftReplica alone = cluster.start(1, false).replicas().get(0);
            long nowNanos = System.nanoTime();
            alone.tick(nowNanos);
            alone.tick(nowNanos + TimeUnit.SECONDS.toNanos(11));
            assertThat(logged.all())
                    .singleElement()
                    .asString()
                    .startsWith("WARN no-leader group=0 for-seconds=11 connected=1/3 ");
            cluster.start(2, false);
            logged.await("INFO leader-again group=0 leader=localhost:", 1);
        }
    }

    @Test
    void everyReplicaServesWritesAndReadsSeeAllAcknowledgedWrites() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000).startAll()) {
            cluster.leader();
            long revision = 1;
            for (int round = 0; round < 20; round++) {
                for (RaftReplica writer : cluster.all()) {
                    assertThat(put(writer, "k", "v" + revision).revision()).isEqualTo(revision + 1);
                    for (RaftReplica reader : cluster.all()) {
                        assertThat(read(reader, "k")).isEqualTo("v" + revision);
                    }
                    revision++;
                }
            }
        }
    }

    @Test
    void aBurstSharesLogEntries() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000).startAll()) {
            for (RaftReplica writer : List.of(cluster.leader(), cluster.follower())) {
                long before = cluster.leader().status().appliedIndex();
                List<CompletableFuture<Outcome>> burst = new ArrayList<>();
                for (int i = 0; i < 2_000; i++) {
                    burst.add(writer.propose(Request.of(TxnOperation.Put.of(Bytes.utf8("k" + i), Bytes.utf8("v")))));
                }
                burst.forEach(TestCluster::get);
                assertThat(cluster.leader().status().appliedIndex() - before).isLessThan(500);
            }
        }
    }

    @Test
    void acknowledgedWritesSurviveTheLossOfTheLeaderAndARestartOfAll() {
        try (TestCluster cluster = new TestCluster(directory, 3, 1_000_000).startAll()) {
            put(cluster.leader(), "before", "1");
            long leader = TestCluster.id(cluster.leader());
            cluster.stop(leader);
            put(cluster.leader(), "between", "2");
            cluster.start(leader, false);
            assertThat(read(cluster.get(leader), "between")).isEqualTo("2");
            for (long id = 1; id <= 3; id++) {
                cluster.stop(id);
            }
            cluster.startAll();
            assertThat(read(cluster.leader(), "before")).isEqualTo("1");
            assertThat(read(cluster.follower(), "between")).isEqualTo("2");
        }
    }

    @Test
    void aReplicaThatIsBehindTheLogInstallsASnapshot() {
        try (TestCluster cluster = new TestCluster(directory, 3, 200).startAll()) {
            long lagging = TestCluster.id(cluster.follower());
            cluster.stop(lagging);
            for (int i = 0; i < 1_000; i++) {
                put(cluster.leader(), "k" + i % 10, "v" + i);
            }
            cluster.start(lagging, false);
            assertThat(read(cluster.get(lagging), "k9")).isEqualTo("v999");
            assertEqualReplicas(cluster);
        }
    }

    private static void assertEqualReplicas(TestCluster cluster) {
        cluster.all().forEach(replica -> get(replica.readBarrier()));
        assertThat(cluster.all().stream()
                        .map(replica -> replica.keyspace().hashKv(0))
                        .distinct())
                .hasSize(1);
    }

    @Test
    void aMemberWithALostDiskDoesNotVoteUntilTheLeaderHasReadmittedIt() {
        try (TestCluster cluster = new TestCluster(directory, 3, 200).startAll()) {
            put(cluster.leader(), "a", "1");
            long wiped = TestCluster.id(cluster.follower());
            cluster.stop(wiped);
            cluster.wipe(wiped);
            assertThatThrownBy(() -> cluster.start(wiped, false))
                    .isInstanceOf(IdentityException.class)
                    .hasMessageContaining("--initial-cluster-state existing");
            put(cluster.leader(), "b", "2");
            cluster.start(wiped, true);
            await(
                    "the member to be readmitted",
                    () -> cluster.get(wiped).status().hasLeader());
            assertThat(read(cluster.get(wiped), "b")).isEqualTo("2");
            assertEqualReplicas(cluster);
            long other = TestCluster.id(cluster.all().stream()
                    .filter(replica -> TestCluster.id(replica) != wiped)
                    .findFirst()
                    .orElseThrow());
            await(
                    "the vote to be allowed again",
                    () -> "false"
                            .equals(DurableProperties.read(
                                            directory.resolve("member-" + wiped).resolve("identity"))
                                    .get("replacing")));
            cluster.stop(other);
            assertThat(put(cluster.leader(), "c", "3")).isInstanceOf(Outcome.Written.class);
        }
    }

    @Test
    void aDataDirectoryOfAnotherMemberIsRefused() {
        try (TestCluster cluster = new TestCluster(directory, 2, 200)) {
            Identity one = Identity.open(cluster.options(1, false));
            one.initialize();
            one.close();
            ReplicaOptions two = cluster.options(2, false);
            ReplicaOptions confused = new ReplicaOptions(
                    two.clusterId(),
                    2,
                    two.peers(),
                    two.listenAddress(),
                    directory.resolve("member-1"),
                    false,
                    1,
                    100,
                    300,
                    200,
                    3 << 19,
                    two.keyspaceLimits(),
                    null);
            assertThatThrownBy(() -> new RaftHost(confused))
                    .isInstanceOf(IdentityException.class)
                    .hasMessageContaining("belongs to another node");
        }
    }

    @Test
    void withoutAMajorityRequestsFailWithinTheTimeoutAndServiceReturns() {
        try (TestCluster cluster = new TestCluster(directory, 3, 200).startAll()) {
            put(cluster.leader(), "a", "1");
            long survivor = TestCluster.id(cluster.follower());
            for (long id = 1; id <= 3; id++) {
                if (id != survivor) {
                    cluster.stop(id);
                }
            }
            RaftReplica alone = cluster.get(survivor);
            CompletableFuture<Outcome> write =
                    alone.propose(Request.of(TxnOperation.Put.of(Bytes.utf8("b"), Bytes.utf8("2"))));
            CompletableFuture<Void> barrier = alone.readBarrier();
            assertThat(kindOf(write)).isIn(Kind.NO_LEADER, Kind.LEADER_CHANGED, Kind.TIMED_OUT);
            assertThat(kindOf(barrier)).isEqualTo(Kind.TIMED_OUT);
            cluster.start(survivor % 3 + 1, false);
            assertThat(put(cluster.leader(), "c", "3")).isInstanceOf(Outcome.Written.class);
        }
    }

    @Test
    void leadershipIsProvenByTheLeaderOnly() {
        try (TestCluster cluster = new TestCluster(directory, 3, 200).startAll()) {
            RaftReplica leader = cluster.leader();
            assertThat(get(leader.proveLeadership())).isEqualTo(leader.status().term());
            assertThat(kindOf(cluster.follower().proveLeadership())).isEqualTo(Kind.NOT_LEADER);
        }
    }

    @Test
    void leadershipMovesToTheGivenMember() {
        try (TestCluster cluster = new TestCluster(directory, 3, 200).startAll()) {
            RaftReplica target = cluster.follower();
            assertThat(kindOf(target.moveLeader(TestCluster.id(target)))).isEqualTo(Kind.NOT_LEADER);
            assertThat(kindOf(cluster.leader().moveLeader(99))).isEqualTo(Kind.BAD_TRANSFEREE);
            get(cluster.leader().moveLeader(TestCluster.id(target)));
            await("the move", () -> target.status().isLeader());
            assertThat(put(target, "a", "1")).isInstanceOf(Outcome.Written.class);
        }
    }

    @Test
    void anOversizedRequestIsRefused() {
        try (TestCluster cluster = new TestCluster(directory, 1, 200).startAll()) {
            RaftReplica replica = cluster.leader();
            assertThat(kindOf(replica.propose(
                            Request.of(TxnOperation.Put.of(Bytes.utf8("a"), Bytes.owning(new byte[2 << 20]))))))
                    .isEqualTo(Kind.REQUEST_TOO_LARGE);
        }
    }

    private static Kind kindOf(CompletableFuture<?> future) {
        try {
            get(future);
            throw new AssertionError("expected a failure");
        } catch (CompletionException failed) {
            return ((ReplicationException) requireNonNull(failed.getCause())).kind();
        }
    }
}

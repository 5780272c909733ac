package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.NodeManager;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.Footprint;
import io.mandate.server.LoggedLines;
import io.mandate.server.log.SegmentLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host starts once, and stops in any state. */
@Tag("integration")
class RaftHostTest {
    private static final int SEGMENT_BYTES = 64 << 20;
    private static final int VALUE_BYTES = 1 << 20;

    @TempDir
    Path directory;

    @Test
    void stoppingTwiceDoesNotReleaseTheAddressOfALaterHost() {
        try (TestCluster cluster = new TestCluster(directory, 1, 1_000_000).startAll()) {
            RaftHost first = cluster.host(1);
            cluster.stop(1);
            RaftHost second = cluster.start(1, false);
            first.stop();
            assertThat(NodeManager.getInstance().serverExists(second.self().getEndpoint()))
                    .isTrue();
            assertThat(TestCluster.put(cluster.leader(), "a", "1").revision()).isEqualTo(2);
        }
    }

    @Test
    void aHostThatIsStoppedBeforeItStartsReleasesTheDirectoryAndCannotStart() {
        try (TestCluster cluster = new TestCluster(directory, 1, 1_000_000)) {
            Footprint before = Footprint.now();
            RaftHost host = new RaftHost(cluster.options(1, false));
            host.stop();
            before.awaitReleased();
            assertThatThrownBy(host::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("started once");
            cluster.start(1, false);
            assertThat(TestCluster.put(cluster.leader(), "a", "1").revision()).isEqualTo(2);
        }
    }

    /** A file with the name of the log's next segment makes the write fail like a full disk does. */
    @Test
    void aFailedLogIsReportedWithCauseAndRemedyAndWithoutAStackTrace() throws Exception {
        try (LoggedLines logged = LoggedLines.of(SegmentLog.class, EngineLog.class, KeyspaceMachine.class);
                TestCluster cluster = new TestCluster(directory, 1, 1_000_000).startAll()) {
            RaftReplica leader = cluster.leader();
            Path log = cluster.options(1, false).dataDirectory().resolve("log");
            Path next = Files.createFile(log.resolve("0000000000000002.log"));
            CompletableFuture<String> failure = cluster.host(1).failure();
            String value = "v".repeat(VALUE_BYTES);
            for (int put = 0; put < SEGMENT_BYTES / VALUE_BYTES + 1 && !failure.isDone(); put++) {
                leader.propose(Request.of(TxnOperation.Put.of(Bytes.utf8("k"), Bytes.utf8(value))));
            }
            assertThat(TestCluster.get(failure))
                    .isEqualTo("the log in " + log + " has failed and refuses writes: " + next
                            + ": already exists. Repair the disk, or free space if it is full, and restart the node;"
                            + " acknowledged writes are not lost");
            logged.await("ERROR log-failed directory=" + log + " cause=\"" + next + ": already exists\"", 1);
            logged.await("ERROR engine-failed group=0", 1);
            assertThat(logged.withStackTrace()).isNotEmpty().allMatch(line -> line.startsWith("DEBUG "));
        }
    }

    @Test
    void aHostThatFailsOnAPortInUseDoesNotReleaseTheOtherHostsAddress() {
        try (TestCluster cluster = new TestCluster(directory, 1, 1_000_000).startAll()) {
            ReplicaOptions same = cluster.options(1, false);
            ReplicaOptions elsewhere = new ReplicaOptions(
                    same.clusterId(),
                    same.memberId(),
                    same.peers(),
                    same.listenAddress(),
                    directory.resolve("elsewhere"),
                    false,
                    1,
                    same.heartbeatMillis(),
                    same.electionTimeoutMillis(),
                    same.snapshotCommands(),
                    same.requestBytesMax(),
                    same.keyspaceLimits(),
                    null);
            assertThatThrownBy(() -> new RaftHost(elsewhere).start()).hasMessageContaining("cannot listen for peers");
            assertThat(NodeManager.getInstance()
                            .serverExists(cluster.host(1).self().getEndpoint()))
                    .isTrue();
        }
    }
}

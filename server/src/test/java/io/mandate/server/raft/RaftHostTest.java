package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.NodeManager;
import io.mandate.server.Footprint;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host starts once, and stops whatever it has come to. */
@Tag("integration")
class RaftHostTest {
    @TempDir
    Path directory;

    @Test
    void stoppingTwiceLeavesTheAddressToTheHostThatCameAfter() {
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
    void aHostThatIsStoppedBeforeItStartsGivesTheDirectoryBackAndDoesNotStart() {
        try (TestCluster cluster = new TestCluster(directory, 1, 1_000_000)) {
            Footprint before = Footprint.now();
            RaftHost host = new RaftHost(cluster.options(1, false));
            host.stop();
            before.awaitNothingNew();
            assertThatThrownBy(host::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("starts once");
            cluster.start(1, false);
            assertThat(TestCluster.put(cluster.leader(), "a", "1").revision()).isEqualTo(2);
        }
    }

    @Test
    void aHostWhosePortIsAnotherHostsLeavesThatOneItsAddress() {
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

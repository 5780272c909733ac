package io.mandate.verify.process;

import static io.mandate.verify.process.NodeClient.get;
import static io.mandate.verify.process.NodeClient.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The harness proves itself on etcd before it judges Mandate. */
@Tag("integration")
@Timeout(120)
class ProcessClusterTest {
    @TempDir
    Path directory;

    @Test
    void threeNodesElectOneLeaderAndSurviveItsKill() {
        try (ProcessCluster cluster = etcd(3).start()) {
            int first = cluster.awaitLeader();
            put(cluster.node(first), "k", "v1");
            cluster.node(first).kill9();
            assertThat(cluster.node(first).isRunning()).isFalse();

            int second = cluster.awaitLeader();
            assertThat(second).isNotEqualTo(first);
            put(cluster.node(second), "k", "v2");

            cluster.restart(first);
            assertThat(get(cluster.node(first), "k")).isEqualTo("v2");
        }
    }

    @Test
    void exitCodeLogAndMeasuresAreThoseOfTheProcess() {
        try (ProcessCluster cluster = etcd(1).start()) {
            ServerProcess process = cluster.node(0).process();
            assertThat(process.residentBytes()).isGreaterThan(1 << 20);
            assertThat(process.cpuSeconds()).isGreaterThan(0);
            assertThat(process.logTail()).contains("n1");

            // etcd shuts down in order and then lets the signal take its default effect: 128 + 15.
            assertThat(cluster.node(0).stop(ProcessCluster.STOP_TIMEOUT)).isEqualTo(143);
            assertThatIllegalStateException()
                    .isThrownBy(process::residentBytes)
                    .withMessageContaining("end of the log of n1");
        }
    }

    @Test
    void suspendedProcessAnswersOnlyAfterItIsResumed() {
        try (ProcessCluster cluster = etcd(1).start()) {
            cluster.node(0).process().suspend();
            assertThat(cluster.node(0).isHealthy()).isFalse();
            cluster.node(0).process().resume();
            cluster.node(0).awaitReady(ProcessCluster.READY_TIMEOUT);
        }
    }

    @Test
    void stopOfAllAndRestartOfAllKeepData() {
        try (ProcessCluster cluster = etcd(3).start()) {
            put(cluster.node(0), "k", "v");
            cluster.stopAll();
            assertThat(cluster.leader()).isEmpty();
            cluster.restartAll();
            assertThat(get(cluster.node(2), "k")).isEqualTo("v");
        }
    }

    @Test
    void failedStartNamesTheReasonAndLeavesNothingBehind() {
        ProcessCluster cluster = ProcessCluster.of(TestedServer.etcdOrSkip(), 1, directory, "--no-such-flag");
        assertThatIllegalStateException().isThrownBy(cluster::start).withMessageContaining("no-such-flag");
        assertThat(cluster.node(0).isRunning()).isFalse();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void closeEndsAllProcessesAndRemovesAllFiles() {
        List<ServerProcess> processes;
        try (ProcessCluster cluster = etcd(3).start()) {
            processes = cluster.nodes().stream().map(ClusterNode::process).toList();
            assertThat(processes).allMatch(ServerProcess::isAlive);
        }
        assertThat(processes).noneMatch(ServerProcess::isAlive);
        assertThat(processes).noneMatch(process -> Files.exists(Path.of("/proc", Long.toString(process.pid()))));
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void wipedNodeHasNoData() {
        try (ProcessCluster cluster = etcd(1).start()) {
            put(cluster.node(0), "k", "v");
            assertThatIllegalStateException().isThrownBy(cluster.node(0)::wipe).withMessageContaining("still runs");
            cluster.node(0).kill9();
            cluster.node(0).wipe();
            cluster.restart(0);
            assertThat(get(cluster.node(0), "k")).isEmpty();
        }
    }

    @Test
    void flagOfOneStartReplacesTheClusters() {
        try (ProcessCluster cluster = ProcessCluster.of(TestedServer.etcdOrSkip(), 1, directory, "--max-txn-ops", "5")
                .start()) {
            cluster.node(0).kill9();
            cluster.restart(0, "--max-txn-ops=7");
            String commandLine = cluster.node(0).process().commandLine();
            assertThat(commandLine).contains("--max-txn-ops=7").doesNotContain("--max-txn-ops 5");
        }
    }

    @Test
    void claimedPortsAreNotClaimedTwice() {
        try (LoopbackPorts one = LoopbackPorts.claim(6);
                LoopbackPorts other = LoopbackPorts.claim(6)) {
            for (int i = 0; i < 6; i++) {
                int port = one.get(i);
                assertThat(List.of(other.get(0), other.get(1), other.get(2), other.get(3), other.get(4), other.get(5)))
                        .doesNotContain(port);
            }
        }
    }

    @Test
    void deadProcessIsNotAwaited() {
        try (ServerProcess process = ServerProcess.start(
                "no server", List.of("sh", "-c", "echo cannot serve; exit 3"), directory, directory.resolve("log"))) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> process.awaitReadyLine(Duration.ofSeconds(60)))
                    .withMessageContaining("ended with code 3")
                    .withMessageContaining("cannot serve");
        }
    }

    private ProcessCluster etcd(int nodes) {
        return ProcessCluster.of(TestedServer.etcdOrSkip(), nodes, directory);
    }
}

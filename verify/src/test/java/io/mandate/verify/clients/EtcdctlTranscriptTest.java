package io.mandate.verify.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.process.ExternalTool;
import io.mandate.verify.process.NodeClient;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.RequiredTool;
import io.mandate.verify.process.ServerBinary;
import io.mandate.verify.process.TestedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * etcdctl prints the same at three nodes of Mandate as at three nodes of etcd. The transcripts are left in
 * {@code target/etcdctl-transcripts} to be read.
 */
@Tag("integration")
@Timeout(300)
class EtcdctlTranscriptTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(names = {"ETCDCTL_3_5", "ETCDCTL_3_4"})
    void mandatesTranscriptEqualsEtcds(ExternalTool tool) {
        Path etcdctl = RequiredTool.orSkip(tool);
        ServerBinary etcdServer = TestedServer.etcdOrSkip();
        // Side by side: a command waits for its answer most of the time.
        CompletableFuture<Transcript> mandate =
                CompletableFuture.supplyAsync(() -> play(tool, etcdctl, TestedServer.mandate(), "mandate"));
        Transcript etcd = play(tool, etcdctl, etcdServer, "etcd");
        assertThat(etcd.differencesTo(mandate.join())).isEmpty();
        assertThat(etcd.succeeded())
                .as("commands that did not fail: two sides that refuse everything would be equal")
                .isGreaterThan(etcd.steps().size() / 2);
    }

    /** Else a difference would say nothing about Mandate. */
    @ParameterizedTest
    @EnumSource(names = {"ETCDCTL_3_5", "ETCDCTL_3_4"})
    @Tag("long")
    void transcriptsOfTwoEtcdClustersAreEqual(ExternalTool tool) {
        Path etcdctl = RequiredTool.orSkip(tool);
        Transcript one = play(tool, etcdctl, TestedServer.etcdOrSkip(), "etcd");
        Transcript other = play(tool, etcdctl, TestedServer.etcdOrSkip(), "etcd-again");
        assertThat(one.differencesTo(other)).isEmpty();
    }

    /** Else equality would say nothing. */
    @Test
    @Tag("long")
    void oneWriteMoreBeforehandIsConvicted() {
        Path etcdctl = RequiredTool.orSkip(ExternalTool.ETCDCTL_3_5);
        Transcript plain;
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.etcdOrSkip(), 3, directory).start()) {
            plain = EtcdctlScript.play(etcdctl, cluster);
        }
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.etcdOrSkip(), 3, directory).start()) {
            NodeClient.put(cluster.node(0), "zz", "planted");
            List<String> differences = plain.differencesTo(EtcdctlScript.play(etcdctl, cluster));
            assertThat(differences).anyMatch(difference -> difference.contains("\"revision\":3"));
            assertThat(differences).hasSizeGreaterThan(10);
        }
    }

    private Transcript play(ExternalTool tool, Path etcdctl, ServerBinary server, String name) {
        try (ProcessCluster cluster = ProcessCluster.of(server, 3, directory).start()) {
            Transcript transcript = EtcdctlScript.play(etcdctl, cluster);
            Path folder = Files.createDirectories(Path.of("target", "etcdctl-transcripts"));
            String file = tool.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-at-" + name + ".txt";
            Files.writeString(folder.resolve(file), transcript.toString());
            return transcript;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}

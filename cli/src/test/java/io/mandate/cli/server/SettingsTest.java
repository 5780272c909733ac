package io.mandate.cli.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.cli.ExitCode;
import io.mandate.cli.Main;
import io.mandate.cli.SettingException;
import io.mandate.server.AutoCompaction;
import io.mandate.server.NodeOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class SettingsTest {
    @TempDir
    Path directory;

    @Command(name = "node")
    static final class Holder {
        @Mixin
        NodeFlags flags;
    }

    private static NodeOptions parse(Map<String, String> environment, @Nullable Path file, String... arguments) {
        Holder holder = new Holder();
        CommandLine commandLine = new CommandLine(holder);
        commandLine.setDefaultValueProvider(SettingSources.read(commandLine.getCommandSpec(), environment, file));
        commandLine.parseArgs(arguments);
        return holder.flags.toOptions();
    }

    private static NodeOptions parse(String... arguments) {
        return parse(Map.of(), null, arguments);
    }

    @Test
    void aNodeWithoutFlagsIsAClusterOfItsOwn() {
        NodeOptions options = parse();
        assertThat(options.initialCluster()).isEqualTo(Map.of("default", URI.create("http://localhost:2380")));
        assertThat(options.dataDirectory()).isEqualTo(Path.of("default.mandate"));
        assertThat(options.advertiseClientUrls()).isEqualTo(options.listenClientUrls());
        assertThat(options.quotaBytes()).isEqualTo(2L << 30);
        assertThat(options.autoCompaction()).isEqualTo(AutoCompaction.OFF);
    }

    @Test
    void flagsWinOverTheEnvironmentAndTheEnvironmentOverTheFile() throws IOException {
        Path file = Files.writeString(
                directory.resolve("node.yaml"), "heartbeat-interval: 50\nelection-timeout: 400\nsnapshot-count: 7\n");
        NodeOptions options = parse(
                Map.of("MANDATE_HEARTBEAT_INTERVAL", "60", "MANDATE_ELECTION_TIMEOUT", "500"),
                file,
                "--election-timeout=600");
        assertThat(options.heartbeatMillis()).isEqualTo(60);
        assertThat(options.electionTimeoutMillis()).isEqualTo(600);
        assertThat(options.snapshotCount()).isEqualTo(7);
    }

    @Test
    void listsInAFileAreAsGoodAsCommas() throws IOException {
        Path file = Files.writeString(
                directory.resolve("node.yaml"), "listen-client-urls: [\"http://a:1\", \"http://b:2\"]\n");
        assertThat(parse(Map.of(), file).listenClientUrls())
                .containsExactly(URI.create("http://a:1"), URI.create("http://b:2"));
    }

    @Test
    void unknownNamesAreErrorsInEveryPlace() throws IOException {
        Path file = Files.writeString(directory.resolve("node.yaml"), "data-dri: x\n");
        assertThatThrownBy(() -> parse(Map.of(), file))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("data-dri");
        assertThatThrownBy(() -> parse(Map.of("MANDATE_DATA_DRI", "x"), null))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("MANDATE_DATA_DRI");
        assertThatThrownBy(() -> parse("--data-dri", "x")).isInstanceOf(CommandLine.ParameterException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data-dir:", "data-dir: {a: b}", "listen-client-urls: [null]"})
    void aNameWithoutAValueInAFileIsRefused(String line) throws IOException {
        Path file = Files.writeString(directory.resolve("node.yaml"), "snapshot-count: 7\n" + line + "\n");
        assertThatThrownBy(() -> parse(Map.of(), file))
                .isInstanceOf(SettingException.class)
                .hasMessageContainingAll(line.substring(0, line.indexOf(':')), file.toString(), "give it a value");
    }

    @Test
    void aNodeMustBeInItsCluster() {
        assertThatThrownBy(() -> parse("--name", "a", "--initial-cluster", "b=http://h:1"))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("'a' is not in the initial cluster");
        assertThatThrownBy(() -> parse("--name", "a", "--initial-cluster", "a=http://h:1"))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("must be equal");
    }

    @Test
    void heartbeatsFollowTheElectionTimeoutAndAreRarerInAStoreOfSeveralGroups() {
        assertThat(parse().electionTimeoutMillis()).isEqualTo(1_000);
        assertThat(parse().heartbeatMillis()).isEqualTo(100);
        assertThat(parse("--election-timeout", "300").heartbeatMillis()).isEqualTo(30);
        assertThat(parse("--election-timeout", "5000").heartbeatMillis()).isEqualTo(100);
        assertThat(parse("--groups", "2").electionTimeoutMillis()).isEqualTo(1_000);
        assertThat(parse("--groups", "2").heartbeatMillis()).isEqualTo(250);
        NodeOptions shorter = parse("--groups", "2", "--election-timeout", "400");
        assertThat(shorter.electionTimeoutMillis()).isEqualTo(400);
        assertThat(shorter.heartbeatMillis()).isEqualTo(100);
    }

    @Test
    void timeoutsThatCannotWorkAreRefusedWithTheBound() {
        assertThatThrownBy(() -> parse("--heartbeat-interval", "100", "--election-timeout", "200"))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("at least 3 heartbeat intervals");
    }

    @Test
    void aRequestLimitThatNoMessageBetweenNodesCanCarryIsRefusedWithTheBound() {
        assertThat(parse("--max-request-bytes", "33554432").requestBytesMax()).isEqualTo(32 << 20);
        assertThatThrownBy(() -> parse("--max-request-bytes", "33554433"))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("33554433")
                .hasMessageContaining("33554432");
    }

    @Test
    void retentionCountsHoursOrDurationsOrRevisions() {
        assertThat(parse("--auto-compaction-retention", "2").autoCompaction())
                .isEqualTo(new AutoCompaction.Periodic(Duration.ofHours(2)));
        assertThat(parse("--auto-compaction-retention", "90m").autoCompaction())
                .isEqualTo(new AutoCompaction.Periodic(Duration.ofMinutes(90)));
        assertThat(parse("--auto-compaction-mode", "revision", "--auto-compaction-retention", "1000")
                        .autoCompaction())
                .isEqualTo(new AutoCompaction.ByRevision(1000));
    }

    @Test
    void tlsIsRefusedByNameUntilItIsServed() {
        assertThatThrownBy(() -> parse("--listen-client-urls", "https://h:1"))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("TLS is not served yet");
    }

    @Test
    void urlsHaveTheFormsInWhichClientsNameEndpoints() {
        NodeOptions options = parse(
                "--name",
                "a",
                "--listen-client-urls",
                "http://[::1]:2379, HTTP://127.0.0.1:2379/",
                "--listen-peer-urls",
                "http://[::1]:2380/",
                "--initial-cluster",
                "a=http://[::1]:2380, b = http://[2001:db8::b]:2380 ,");
        assertThat(options.listenClientUrls())
                .containsExactly(URI.create("http://[::1]:2379"), URI.create("http://127.0.0.1:2379"));
        assertThat(options.initialCluster())
                .isEqualTo(Map.of("a", URI.create("http://[::1]:2380"), "b", URI.create("http://[2001:db8::b]:2380")));
    }

    @Test
    void aUrlThatIsNoneIsNamedWithItsFlagAndTheRemedy() {
        assertThatThrownBy(() -> parse("--listen-client-urls", "http://::1:2379"))
                .isInstanceOf(SettingException.class)
                .hasMessageContainingAll("--listen-client-urls", "http://::1:2379", "in brackets");
        assertThatThrownBy(() -> parse("--initial-cluster", "default=http://h"))
                .isInstanceOf(SettingException.class)
                .hasMessageContainingAll("--initial-cluster", "http://h", "write h:2379");
    }

    @Test
    void valuesAreTakenAsTheyAre() throws IOException {
        Path file = Files.writeString(directory.resolve("node.yaml"), "initial-cluster-token: ${sys:user.home}\n");
        assertThat(parse(Map.of(), file).clusterToken()).isEqualTo("${sys:user.home}");
        assertThat(parse(Map.of("MANDATE_INITIAL_CLUSTER_TOKEN", "${env:PATH:-x}"), null)
                        .clusterToken())
                .isEqualTo("${env:PATH:-x}");
        for (String value : List.of("$$", "$${x}", "$$${x}", "${", "$x")) {
            assertThat(parse(Map.of("MANDATE_INITIAL_CLUSTER_TOKEN", value), null)
                            .clusterToken())
                    .isEqualTo(value);
        }
        assertThat(parse("--initial-cluster-token", "\"${sys:user.home}\"").clusterToken())
                .isEqualTo("\"${sys:user.home}\"");
    }

    @Test
    void aNodesArgumentsAreNotReadFromFiles() throws IOException {
        Path words = Files.writeString(directory.resolve("words"), "ftp://from-a-file");
        StringWriter err = new StringWriter();
        int exitCode = Main.commandLine()
                .setErr(new PrintWriter(err, true))
                .execute("server", "--listen-peer-urls", "@" + words);
        assertThat(exitCode).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("--listen-peer-urls", "@" + words).doesNotContain("from-a-file");
    }
}

package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.server.FreePorts;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands for people, as they would type them, against a node of one. */
@Tag("integration")
class ClientCommandsTest {
    private static final String NO_SUCH_LEASE = "1234567890abcdef";

    @TempDir
    private static Path directory;

    private static OneNode node;
    private static String endpoint;

    /** What a command leaves behind. */
    private record Outcome(int exitCode, List<String> out, String err) {}

    @BeforeAll
    static void startNode() throws Exception {
        node = OneNode.start(directory);
        endpoint = node.endpoint();
    }

    @AfterAll
    static void stopNode() {
        node.close();
    }

    private static Outcome execute(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Outcome(exitCode, out.toString().lines().toList(), err.toString());
    }

    /** Runs a command on the node, with time enough for a busy machine. */
    private static Outcome mandate(String... arguments) {
        return execute(Stream.concat(Arrays.stream(arguments), Stream.of("--endpoints", endpoint, "--timeout", "30s"))
                .toArray(String[]::new));
    }

    private static void assertUsage(Outcome outcome, String explanation) {
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).contains(explanation).doesNotContain("\tat ");
        assertThat(outcome.out()).isEmpty();
    }

    private static String grantedLease() {
        String line = mandate("lease", "grant", "60s").out().get(0);
        assertThat(line).matches("lease [0-9a-f]+ granted for 60000 ms");
        return line.split(" ", -1)[1];
    }

    private static void putBytes(ByteString key, ByteString value) throws InterruptedException {
        ManagedChannel channel =
                NettyChannelBuilder.forTarget(endpoint).usePlaintext().build();
        try {
            KVGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .put(PutRequest.newBuilder().setKey(key).setValue(value).build());
        } finally {
            channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    private static long revisionAfter(Outcome put) {
        assertThat(put.exitCode()).isZero();
        return Long.parseLong(put.out().get(0).replace("revision ", ""));
    }

    @Test
    void aWrittenKeyIsReadBackInATableOrAloneOrCounted() {
        long revision = revisionAfter(mandate("put", "read/a", "one"));
        Outcome got = mandate("get", "read/a");
        assertThat(got.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(got.out().get(0)).isEqualTo("KEY     VALUE  VERSION  MODIFIED  CREATED  LEASE");
        assertThat(got.out().get(1).split(" +", -1))
                .containsExactly("read/a", "one", "1", "" + revision, "" + revision, "-");
        assertThat(mandate("get", "read/a", "--value-only").out()).containsExactly("one");
        assertThat(mandate("get", "read/", "--prefix", "--count").out()).containsExactly("1");
    }

    @Test
    void jsonIsOneObjectALine() {
        long first = revisionAfter(mandate("put", "json/a", "1"));
        assertThat(mandate("put", "json/b", "2", "--json").out()).containsExactly("{\"revision\":" + (first + 1) + "}");
        assertThat(mandate("get", "json/", "--prefix", "--json").out())
                .containsExactly(
                        "{\"key\":\"json/a\",\"value\":\"1\",\"createRevision\":%d,\"modRevision\":%d,\"version\":1}"
                                .formatted(first, first),
                        "{\"key\":\"json/b\",\"value\":\"2\",\"createRevision\":%d,\"modRevision\":%d,\"version\":1}"
                                .formatted(first + 1, first + 1));
        assertThat(mandate("get", "json/", "--prefix", "--count", "--json").out())
                .containsExactly("{\"count\":2}");
        assertThat(mandate("del", "json/", "--prefix", "--json").out())
                .containsExactly("{\"deleted\":2,\"revision\":" + (first + 2) + "}");
    }

    @Test
    void anEarlierRevisionIsReadAndALimitTellsWhatItLeftOut() {
        long old = revisionAfter(mandate("put", "past/a", "old"));
        mandate("put", "past/a", "new");
        mandate("put", "past/b", "new");
        assertThat(mandate("get", "past/a", "--value-only", "--rev", "" + old).out())
                .containsExactly("old");
        assertThat(mandate("get", "past/", "--prefix", "--limit", "1").out())
                .hasSize(3)
                .last()
                .isEqualTo("(1 of 2; more with a larger --limit)");
    }

    @Test
    void aKeyThatDoesNotExistIsANoWithoutOutput() {
        assertThat(mandate("get", "absent/a")).isEqualTo(new Outcome(ExitCode.NO, List.of(), ""));
        Outcome deleted = mandate("del", "absent/a");
        assertThat(deleted.exitCode()).isEqualTo(ExitCode.NO);
        assertThat(deleted.out().get(0)).startsWith("deleted 0, revision ");
    }

    @Test
    void compareAndSwapSucceedsOnlyWhileTheKeyIsAsExpected() {
        assertThat(mandate("cas", "cas/a", "one", "--absent").exitCode()).isEqualTo(ExitCode.OK);
        Outcome again = mandate("cas", "cas/a", "two", "--absent");
        assertThat(again.exitCode()).isEqualTo(ExitCode.NO);
        assertThat(again.out()).hasSize(3).first().isEqualTo("not swapped: the key is");
        assertThat(mandate("cas", "cas/a", "two", "--value", "one").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(mandate("cas", "cas/a", "three", "--version", "1").exitCode())
                .isEqualTo(ExitCode.NO);
        Outcome third = mandate("cas", "cas/a", "three", "--version", "2");
        assertThat(third.exitCode()).isEqualTo(ExitCode.OK);
        String revision = third.out().get(0).replace("swapped, revision ", "");
        assertThat(mandate("cas", "cas/a", "four", "--modified", revision).exitCode())
                .isEqualTo(ExitCode.OK);
        assertThat(mandate("get", "cas/a", "--value-only").out()).containsExactly("four");
        assertThat(mandate("cas", "cas/none", "x", "--value", "y").out())
                .containsExactly("not swapped: the key does not exist");
    }

    @Test
    void compareAndSwapWantsExactlyOneExpectation() {
        assertUsage(mandate("cas", "cas/b", "x"), "--absent");
        assertUsage(mandate("cas", "cas/b", "x", "--absent", "--value", "y"), "mutually exclusive");
    }

    @Test
    void aWatchTellsHistoryInOrderAndEndsAfterItsCount() {
        long first = revisionAfter(mandate("put", "watch/a", "1"));
        mandate("del", "watch/a");
        assertThat(mandate("watch", "watch/", "--prefix", "--rev", "" + first, "--events", "2"))
                .isEqualTo(new Outcome(
                        ExitCode.OK,
                        List.of("%-8d put    watch/a = 1".formatted(first), "%-8d delete watch/a".formatted(first + 1)),
                        ""));
        assertThat(mandate("watch", "watch/a", "--rev", "" + first, "--events", "1", "--json")
                        .out())
                .singleElement()
                .asString()
                .startsWith("{\"type\":\"PUT\",\"kv\":{\"key\":\"watch/a\",\"value\":\"1\"");
    }

    @Test
    void aLeaseIsGrantedRenewedToldListedAndRevokedWithItsKeys() {
        String lease = grantedLease();
        assertThat(mandate("put", "leased/a", "x", "--lease", lease).exitCode()).isEqualTo(ExitCode.OK);
        assertThat(mandate("lease", "keep-alive", lease, "--once").out())
                .containsExactly("lease " + lease + " renewed for 60 s");
        assertThat(mandate("lease", "ttl", lease).out().get(0))
                .matches("lease " + lease + " has \\d+ s of 60 s, keys \\[leased/a\\]");
        assertThat(mandate("lease", "list").out()).contains("LEASE", lease);
        assertThat(mandate("lease", "revoke", lease).out()).containsExactly("lease " + lease + " revoked");
        assertThat(mandate("get", "leased/a").exitCode()).isEqualTo(ExitCode.NO);
    }

    @Test
    void aLeaseThatDoesNotExistIsANoWhateverIsAskedOfIt() {
        assertThat(mandate("lease", "ttl", NO_SUCH_LEASE).exitCode()).isEqualTo(ExitCode.NO);
        assertThat(mandate("lease", "keep-alive", NO_SUCH_LEASE).exitCode()).isEqualTo(ExitCode.NO);
        assertThat(mandate("lease", "ttl", NO_SUCH_LEASE, "--json").out())
                .containsExactly("{\"lease\":\"" + NO_SUCH_LEASE + "\",\"ttlMillis\":0}");
        for (Outcome refused : List.of(
                mandate("lease", "revoke", NO_SUCH_LEASE), mandate("put", "leased/b", "x", "--lease", NO_SUCH_LEASE))) {
            assertThat(refused.exitCode()).isEqualTo(ExitCode.NO);
            assertThat(refused.err()).contains("requested lease not found");
        }
    }

    @Test
    void bytesThatWouldHarmATerminalAreShownAsBase64() throws InterruptedException {
        putBytes(ByteString.fromHex("62696e2fff00"), ByteString.fromHex("1b5b324a"));
        assertThat(mandate("get", "bin/", "--prefix").out().get(1)).startsWith("base64:YmluL/8A  base64:G1sySg==  ");
        assertThat(mandate("get", "bin/", "--prefix", "--json").out())
                .singleElement()
                .asString()
                .startsWith("{\"keyBase64\":\"YmluL/8A\",\"value\":\"\\u001b[2J\"");
    }

    @Test
    void severalLinesOfTextStayTogetherInATableAndAreWholeWhenAskedForAlone() {
        mandate("put", "lines", "one\ntwo");
        assertThat(mandate("get", "lines").out()).hasSize(2);
        assertThat(mandate("get", "lines", "--value-only").out()).containsExactly("one", "two");
    }

    @Test
    void statusShowsWhoLeads() {
        Outcome status = mandate("status");
        assertThat(status.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(status.out()).hasSize(2);
        assertThat(status.out().get(1)).startsWith(endpoint + " ").contains(" leader ");
        assertThat(mandate("status", "--json").out())
                .singleElement()
                .asString()
                .contains("\"endpoint\":\"" + endpoint + "\"", "\"role\":\"leader\"");
    }

    @Test
    void withSeveralGroupsACommandGoesToTheOneItNamesAndStatusShowsAll(@TempDir Path data) throws Exception {
        String address = "127.0.0.1:" + FreePorts.one();
        try (Node several = Node.start(NodeOptions.builder("several", data)
                .listenClientUrls(List.of(URI.create("http://" + address)))
                .listenPeerUrl(URI.create("http://127.0.0.1:" + FreePorts.one()))
                .electionTimeoutMillis(1000)
                .groups(2)
                .build())) {
            several.ready().get(30, TimeUnit.SECONDS);
            String[] at = {"--endpoints", address, "--timeout", "30s"};
            assertThat(execute(with(at, "put", "k", "of 1", "--group", "1")).exitCode())
                    .isZero();
            assertThat(execute(with(at, "get", "k", "--group", "1")).out().get(1))
                    .contains("of 1");
            assertThat(execute(with(at, "get", "k")).exitCode()).isEqualTo(ExitCode.NO);
            Outcome status = execute(with(at, "status"));
            assertThat(status.out()).hasSize(3);
            assertThat(status.out().get(0)).contains("GROUP");
            assertThat(status.out().get(2)).matches(address + " +1 .* leader .*");
            assertThat(execute(with(at, "status", "--json")).out().get(1)).contains("\"group\":1");
            assertThat(execute(with(at, "status", "--group", "1")).out()).hasSize(2);
            assertUsage(execute(with(at, "status", "--group", "2")), "groups 0 to 1");
        }
    }

    private static String[] with(String[] common, String... arguments) {
        return Stream.concat(Arrays.stream(arguments), Arrays.stream(common)).toArray(String[]::new);
    }

    @Test
    void anEndpointThatDoesNotAnswerIsPassedOverAndShownByStatus() throws IOException {
        String both = "127.0.0.1:" + FreePorts.one() + "," + endpoint;
        assertThat(execute("put", "over/a", "x", "--endpoints", both, "--timeout", "30s")
                        .exitCode())
                .isEqualTo(ExitCode.OK);
        Outcome status = execute("status", "--endpoints", both, "--timeout", "30s");
        assertThat(status.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(status.out()).hasSize(3);
        assertThat(status.out().get(1)).endsWith("UNAVAILABLE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get k",
                "put k v",
                "del k",
                "cas k v --absent",
                "watch k",
                "lease grant 5s",
                "lease keep-alive 1"
            })
    void aStoreThatCannotBeReachedIsNamedWithTheRemedy(String command) throws IOException {
        String nobody = "127.0.0.1:" + FreePorts.one();
        Outcome failed = execute(Stream.concat(Stream.of(command.split(" ", -1)), Stream.of("--endpoints", nobody))
                .toArray(String[]::new));
        assertThat(failed.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failed.err()).contains(nobody, "mandate dev").doesNotContain("\tat ");
        assertThat(failed.out()).isEmpty();
    }

    @Test
    void aNodeDoesNotSpeakTlsAndIsNamedWhenItIsExpectedTo() {
        Outcome failed = execute("get", "k", "--endpoints", "https://" + endpoint, "--timeout", "30s");
        assertThat(failed.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failed.err()).contains(endpoint + " cannot be reached (").doesNotContain("\tat ", "Pipeline");
    }

    @Test
    void aRefusalByTheStoreIsAFailureInItsOwnWords() {
        Outcome future = mandate("get", "k", "--rev", "999999999");
        assertThat(future.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(future.err())
                .startsWith("mandate: OUT_OF_RANGE: ")
                .contains("required revision is a future revision");
        Outcome empty = mandate("put", "", "x");
        assertThat(empty.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(empty.err()).contains("key is not provided").doesNotContain("\tat ");
        Outcome emptyRead = mandate("get", "");
        assertThat(emptyRead.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(emptyRead.err()).contains("key is not provided").doesNotContain("\tat ");
    }

    @Test
    void wrongInputIsExplainedWithoutAskingTheStore() {
        assertUsage(mandate("get"), "KEY");
        assertUsage(mandate("nonsense"), "nonsense");
        assertUsage(mandate("get", "k", "--rev", "x"), "--rev");
        assertUsage(mandate("lease", "ttl", "xyz"), "is not a lease id");
        assertUsage(mandate("lease", "grant", "soon"), "is not a duration");
        assertUsage(execute("get", "k", "--endpoints", "nowhere"), "host:port");
        assertUsage(execute("get", "k", "--endpoints", "127.0.0.1:99999"), "host:port");
        assertUsage(execute("get", "k", "--timeout", "0s"), "--timeout");
        assertUsage(execute("get", "k", "--timeout", "999999999999h"), "--timeout");
        assertUsage(execute(), "mandate demo");
    }

    @Test
    void argumentsAreArgumentsAndNoFilesOptionsOrPatterns() throws IOException {
        Path words = Files.writeString(directory.resolve("words"), "several words");
        for (String value : List.of("@" + words, "@@" + words, "", " ", "\"quoted\"", "'", "${sys:user.home}", "a,b")) {
            revisionAfter(mandate("put", "literal/" + value, value));
            assertThat(mandate("get", "literal/" + value, "--json").out())
                    .singleElement()
                    .satisfies(json -> {
                        JsonObject kv = JsonParser.parseString(json).getAsJsonObject();
                        assertThat(kv.get("key").getAsString()).isEqualTo("literal/" + value);
                        assertThat(kv.get("value").getAsString()).isEqualTo(value);
                    });
        }
        assertThat(mandate("get", "literal/", "--prefix", "--count").out()).containsExactly("8");
    }

    @Test
    void aValueThatBeginsWithAHyphenIsNoOption() {
        for (String value : List.of("-1", "-hello", "-V", "--json", "-- ", "--")) {
            assertThat(execute("put", "--endpoints", endpoint, "--timeout", "30s", "--", "hyphen", value)
                            .exitCode())
                    .as(value)
                    .isZero();
            assertThat(mandate("get", "hyphen", "--value-only").out()).containsExactly(value);
        }
        assertUsage(mandate("put", "hyphen", "-hello"), "-hello");
        assertThat(mandate("get", "hyphen", "--value-only").out()).containsExactly("--");
    }
}

package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.RangeRequest;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command as the launcher starts it, with what other tests have and a bare environment has not: a UTF-8 locale,
 * places to write to, addresses that resolve.
 */
@Tag("integration")
@Timeout(240)
class LaunchedCommandTest {
    @TempDir
    private static Path directory;

    private static OneNode node;
    private static String endpoint;
    private static ManagedChannel channel;

    @BeforeAll
    static void start() throws Exception {
        node = OneNode.start(directory);
        endpoint = node.endpoint();
        channel = NettyChannelBuilder.forTarget(endpoint).usePlaintext().build();
        Path lib = Files.createDirectories(directory.resolve("dist").resolve("lib"));
        Files.copy(
                Path.of("src", "main", "dist", "mandate"),
                directory.resolve("dist").resolve("mandate"));
        try (OutputStream file = Files.newOutputStream(lib.resolve("mandate-classes.jar"))) {
            new JarOutputStream(file, classesUnderTest()).close();
        }
    }

    /** Names the classes of this JVM. */
    private static Manifest classesUnderTest() {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                                .map(entry -> Path.of(entry).toUri().toString())
                                .collect(Collectors.joining(" ")));
        return manifest;
    }

    @AfterAll
    static void stop() throws InterruptedException {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        node.close();
    }

    /**
     * Runs a script.
     *
     * @param script in which {@code $mandate} starts the launcher, {@code $store} and {@code $endpoints} name the node
     */
    private static ShellScript.Outcome run(Map<String, String> environment, String script)
            throws IOException, InterruptedException {
        return ShellScript.run(
                directory,
                environment,
                "mandate='sh dist/mandate'\nstore='--timeout 30s --store http://" + endpoint
                        + "'\nendpoints='--timeout 30s --endpoints " + endpoint
                        + "'\nJAVA_HOME=\"$1\"\nexport JAVA_HOME\n" + script,
                System.getProperty("java.home"));
    }

    private static List<String> keys(String prefix) {
        return KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(prefix))
                        .setRangeEnd(ByteString.copyFromUtf8(prefix + "\uffff"))
                        .build())
                .getKvsList()
                .stream()
                .map(KeyValue::getKey)
                .map(ByteString::toStringUtf8)
                .toList();
    }

    @Test
    void namesOutsideAsciiAreKeptApartAndPrintedAsTheyWereGiven() throws Exception {
        ShellScript.Outcome outcome = run(Map.of("LC_ALL", "C"), """
                $mandate put names/müller 'größe ℵ 🗝' $endpoints
                $mandate put names/möller b $endpoints
                $mandate get names/müller $endpoints --value-only
                """);
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.lines()).hasSize(3).endsWith("größe ℵ 🗝");
        assertThat(keys("names/")).containsExactly("names/möller", "names/müller");
    }

    @Test
    void outputThatCannotBeWrittenIsNoSuccess() throws Exception {
        ShellScript.Outcome outcome = run(Map.of(), """
                $mandate put written v $endpoints >&-
                $mandate get written $endpoints | true
                $mandate get written $endpoints >/dev/full
                """);
        assertThat(outcome.err()).isEqualTo("mandate: the output could not be written: No space left on device\n");
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void aCommandReadsNothingWhereTheCallerClosedItsInput() throws Exception {
        ShellScript.Outcome outcome = run(Map.of(), "$mandate run --election closed $store -- cat <&-");
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
    }

    @Test
    void aHostThatDoesNotResolveIsOneLine() throws Exception {
        ShellScript.Outcome outcome = run(Map.of(), "$mandate get k --timeout 2s --endpoints nohost.invalid:2379");
        assertThat(outcome.err().lines()).singleElement().asString().contains("nohost.invalid");
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void anArgumentThatIsNotUtf8IsRefused() throws Exception {
        ShellScript.Outcome outcome =
                run(Map.of("LC_ALL", "POSIX"), "$mandate put \"refused/$(printf 'm\\374ller')\" a $endpoints");
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).startsWith("mandate: argument 2 'refused/m").contains("ller' cannot be decoded");
        assertThat(keys("refused/")).isEmpty();
    }

    @Test
    void theCommandOfRunGetsItsArgumentsAndTheCallersEnvironmentByteForByte() throws Exception {
        ShellScript.Outcome outcome = run(Map.of("LANG", "xx_YY.ISO-8859-1"), """
                FOREIGN=$(printf 'gr\\374n')
                export FOREIGN
                env | sort >before
                printf word >file
                set -- 'ü  ℵ' '' @file -- --once '$HOME' '*'
                printf '<%s>' "$@" >given
                $mandate run $store --election wächter -- sh -c 'env | sort >after; printf "<%s>" "$@" >received' - "$@"
                cmp given received
                # Shells set these for themselves.
                grep -av -e '^PWD=' -e '^OLDPWD=' -e '^SHLVL=' -e '^_=' before >expected
                grep -av -e '^PWD=' -e '^OLDPWD=' -e '^SHLVL=' -e '^_=' after | grep -av '^MANDATE_[CERST]' >actual
                cmp expected actual
                grep -a '^MANDATE_ELECTION=' after
                """);
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines()).containsExactly("MANDATE_ELECTION=wächter");
    }
}

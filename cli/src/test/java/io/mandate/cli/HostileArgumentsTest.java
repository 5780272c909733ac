package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Whatever is typed, a command ends with an exit code of its own and words for the one who typed it. */
@Tag("integration")
@Timeout(120)
class HostileArgumentsTest {
    private static final String HUGE = "99999999999999999999";
    private static final String LONG = "999999999999h";

    @TempDir
    private static Path directory;

    private static OneNode node;
    private static String endpoint;

    @BeforeAll
    static void startNode() throws Exception {
        node = OneNode.start(directory);
        endpoint = node.endpoint();
    }

    @AfterAll
    static void stopNode() {
        node.close();
    }

    private static Typed typed(String line) {
        return Typed.run(Arrays.stream(line.split(" ", -1))
                .map(word -> word.equals("EMPTY") ? "" : word)
                .map(word -> word.replace("HUGE", HUGE).replace("LONG", LONG))
                .map(word -> word.replace("DIR", directory.resolve("data").toString()))
                .toArray(String[]::new));
    }

    private static void assertExplained(Typed typed, int... exitCodes) throws Exception {
        assertThat(exitCodes).contains(typed.exitCode());
        assertThat(typed.err()).doesNotContain("\tat ", "Exception", "unexpected failure");
        assertThat(typed.err()).isNotBlank();
    }

    /** None of these can be meant, whatever the store is like; so none needs one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "get k --rev HUGE",
                "get k --rev=-1",
                "get k --limit HUGE",
                "get k --limit=-1",
                "get k --group=-1",
                "get k --group 64",
                "get k --group HUGE",
                "get k --timeout LONG",
                "get k --timeout 0s",
                "get k --timeout=-1s",
                "get k --endpoints EMPTY",
                "get k --endpoints ,",
                "get k --endpoints store:99999",
                "get k --endpoints unix:///run/etcd.sock",
                "put k v --lease HUGE",
                "put k v --lease=-1",
                "cas k v --version HUGE",
                "cas k v --version=-1",
                "cas k v --modified=-1",
                "cas k v --modified HUGE",
                "cas k v",
                "watch k --rev=-1",
                "watch k --rev HUGE",
                "watch k --events 0",
                "watch k --events=-1",
                "lease grant LONG",
                "lease grant=-5s",
                "lease ttl HUGE",
                "lease revoke EMPTY",
                "lease keep-alive=-1",
                "status --group=-1",
                "status --timeout LONG",
                "run --election e --ttl LONG -- true",
                "run --election e --grace LONG -- true",
                "run --election e --timeout 1ms -- true",
                "run --election e --timeout 61s -- true",
                "run --election e --group 64 -- true",
                "run --election e --store store -- true",
                "run --election e --restart perhaps -- true",
                "elect e --ttl LONG",
                "elect e --priority HUGE",
                "lock l --wait LONG",
                "lock l --wait=-1s",
                "lock l --grace LONG",
                "leader e --timeout LONG",
                "history e --group=-1",
                "partitions w --pin HUGE=host",
                "partitions w --pin 1",
                "partitions w --unpin x",
                "partitions w --pause --resume",
                "drain host --of w --undo --wait",
                "dev --port 99999",
                "dev --port=-1",
                "dev --peer-port 0",
                "dev --port HUGE",
                "dev --groups 0",
                "dev --groups 65",
                "server --listen-client-urls unix:///run/etcd.sock",
                "server --listen-client-urls http://127.0.0.1:99999",
                "server --listen-client-urls EMPTY",
                "server --listen-peer-urls https://127.0.0.1:2380",
                "server --listen-peer-urls http://::1:2380",
                "server --initial-cluster default",
                "server --initial-cluster =http://127.0.0.1:2380",
                "server --initial-cluster default=http://127.0.0.1",
                "server --initial-cluster default=http://127.0.0.1:1,default=http://127.0.0.1:2",
                "server --initial-cluster-state perhaps",
                "server --groups=-1",
                "server --heartbeat-interval 0",
                "server --heartbeat-interval HUGE",
                "server --election-timeout 9223372036854775807",
                "server --heartbeat-interval 9223372036854775807",
                "server --snapshot-count 0",
                "server --quota-backend-bytes=-1",
                "server --max-request-bytes 1",
                "server --max-txn-ops 0",
                "server --auto-compaction-retention LONG",
                "server --auto-compaction-retention 999999999999",
                "server --auto-compaction-retention=-1",
                "server --auto-compaction-mode revision --auto-compaction-retention 1h",
                "server --experimental-watch-progress-notify-interval 0s",
                "server --experimental-watch-progress-notify-interval LONG",
                "server --config-file /nowhere/at/all",
                "server --log-level loud",
                "demo --partitions=perhaps",
                "prepare now",
                "nonsense"
            })
    void whatCannotBeMeantIsWrongUsage(String line) throws Exception {
        assertExplained(typed(line), ExitCode.USAGE);
    }

    /** What only the store can judge is its refusal, or its no. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "get EMPTY",
                "get k --rev 9223372036854775807",
                "put EMPTY v",
                "put k v --lease ffffffffffffffff",
                "del EMPTY",
                "cas EMPTY v --absent",
                "lease grant 0s",
                "lease grant 1ms",
                "lease revoke 0",
                "lease revoke ffffffffffffffff",
                "get k --group 63",
                "watch k --group 63",
                "run --election EMPTY -- true",
                "run --election /e -- true",
                "run --election e --ttl 1ms -- true",
                "run --election e --ttl 876000h -- true",
                "run --election e --priority 101 -- true",
                "run --election e --group 63 -- true",
                "elect EMPTY",
                "lock EMPTY -- true",
                "lock l --ttl 0s -- true",
                "leader EMPTY",
                "history EMPTY",
                "history //",
                "partitions EMPTY",
                "partitions absent --pin 1=host",
                "drain host --of absent",
                "drain EMPTY --of absent"
            })
    void whatTheStoreOrTheLibraryRefusesIsExplained(String line) throws Exception {
        String[] at = {"--endpoints", endpoint, "--timeout", "30s"};
        List<String> words = new ArrayList<>(List.of(line.split(" ", -1)));
        words.addAll(words.contains("--") ? words.indexOf("--") : words.size(), List.of(at));
        assertExplained(typed(String.join(" ", words)), ExitCode.USAGE, ExitCode.NO, ExitCode.FAILED);
    }

    @Test
    void everyCommandExplainsItself() throws Exception {
        for (CommandLine command : Main.commandLine().getSubcommands().values()) {
            if (!command.getCommandSpec().usageMessage().hidden()) {
                Typed typed = Typed.run(command.getCommandName(), "--help");
                assertThat(typed.err()).as(command.getCommandName()).isEmpty();
                assertThat(typed.exitCode()).as(command.getCommandName()).isEqualTo(ExitCode.OK);
                assertThat(typed.out()).as(command.getCommandName()).anyMatch(line -> line.startsWith("Usage: "));
            }
        }
    }

    @Test
    void aKeyLongerThanARequestIsRefused() throws Exception {
        assertExplained(
                Typed.run("put", "k".repeat(4 << 20), "v", "--endpoints", endpoint, "--timeout", "30s"),
                ExitCode.FAILED);
    }

    @CommandLine.Command(name = "broken")
    static final class Broken implements Runnable {
        @CommandLine.Option(names = "--error")
        private boolean error;

        @Override
        public void run() {
            if (error) {
                throw new AssertionError("cannot be\nat all");
            }
            throw new ArithmeticException("long overflow");
        }
    }

    @Test
    void aBugIsOneLineToo() throws Exception {
        for (String[] words : new String[][] {{"broken"}, {"broken", "--error"}}) {
            Typed broken = Typed.runWith(new Broken(), words);
            assertThat(broken.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(broken.err().lines())
                    .singleElement()
                    .asString()
                    .startsWith("mandate: unexpected failure")
                    .contains("MANDATE_DEBUG=1");
        }
    }
}

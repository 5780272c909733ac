package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.store.Entry;
import io.mandate.store.etcd.EtcdStore;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that take part in elections or show them, against a node of one. */
@Tag("integration")
@Timeout(120)
class ElectionCommandsTest {
    @TempDir
    private static Path directory;

    private static OneNode node;
    private static String url;
    private static EtcdStore store;

    private record Outcome(int exitCode, List<String> out, String err) {}

    @BeforeAll
    static void startNode() throws Exception {
        node = OneNode.start(directory);
        url = node.url();
        store = EtcdStore.connect(url);
    }

    @AfterAll
    static void stopNode() {
        store.close();
        node.close();
    }

    private static Outcome mandate(String command, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> words = new ArrayList<>(List.of(command, "--store", url, "--timeout", "30s"));
        words.addAll(List.of(arguments));
        int exitCode = Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(words.toArray(String[]::new));
        return new Outcome(exitCode, out.toString().lines().toList(), err.toString());
    }

    private static Leadership lead(String name, String candidate) throws Exception {
        return Election.on(store)
                .name(name)
                .candidate(candidate)
                .ttl(Duration.ofSeconds(5))
                .join()
                .lead()
                .get(30, TimeUnit.SECONDS);
    }

    private static String contentOnceThere(Path file) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(file) || Files.readString(file).isEmpty()) {
            assertThat(System.nanoTime()).as("waiting for %s", file).isLessThan(endNanos);
            LockSupport.parkNanos(1_000_000);
        }
        return Files.readString(file).strip();
    }

    @Test
    void runEndsAsItsCommandDoesAndReleasesTheElection() {
        assertThat(mandate("run", "--election", "exit", "--", "sh", "-c", "exit 7")
                        .exitCode())
                .isEqualTo(7);
        assertThat(mandate("leader", "exit").exitCode()).isEqualTo(ExitCode.NO);
        assertThat(mandate("run", "--election", "exit", "--", "sh", "-c", "kill -9 $$")
                        .exitCode())
                .isEqualTo(137);
    }

    @Test
    void leaderDoesNotAnswerForAnElectionWhoseNameContinues() throws Exception {
        try (Leadership below = lead("billing/eu", "host-1")) {
            assertThat(mandate("leader", "billing").exitCode()).isEqualTo(ExitCode.NO);
            assertThat(mandate("leader", "billing/eu").out())
                    .containsExactly("host-1 token " + below.term().token());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"leader", "history", "elect", "lock", "partitions"})
    void aNameThatNoElectionCanHaveIsRefusedInOneLine(String command) {
        Outcome refused = mandate(command, "billing//eu");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains("'billing//eu'", "slash", "leave it away");
        assertThat(refused.err().lines()).hasSize(1);
        assertThat(refused.out()).isEmpty();
    }

    @Test
    void theCommandFindsItsTokenAndItsElectionInTheEnvironment() throws Exception {
        Path seen = directory.resolve("seen");
        mandate(
                "run",
                "--election",
                "env",
                "--candidate",
                "me",
                "--",
                "sh",
                "-c",
                "echo $MANDATE_ELECTION $MANDATE_CANDIDATE $MANDATE_TOKEN $MANDATE_STORE > " + seen);
        String history = mandate("history", "env", "--json").out().get(0);
        String token = history.replaceAll(".*\"token\":(\\d+).*", "$1");
        assertThat(contentOnceThere(seen)).isEqualTo("env me " + token + " " + url);
        assertThat(history).contains("\"candidate\":\"me\"").contains("\"why\":\"resigned\"");
    }

    @Test
    void aCommandThatFailedIsRunAgainIfAskedTo() throws Exception {
        Path runs = directory.resolve("runs");
        Outcome outcome = mandate(
                "run",
                "--election",
                "again",
                "--restart",
                "on-failure",
                "--",
                "sh",
                "-c",
                "echo x >> " + runs + "; [ $(wc -l < " + runs + ") = 2 ]");
        assertThat(outcome.exitCode()).isZero();
        assertThat(Files.readAllLines(runs)).hasSize(2);
    }

    /**
     * Takes the election from a command that runs, by revoking its lease; with {@code --once} that must be the end of
     * both.
     */
    private static void lose(String name, String grace, String script) throws Exception {
        Path pid = directory.resolve(name + "-pid");
        CompletableFuture<Outcome> running = CompletableFuture.supplyAsync(() -> mandate(
                "run",
                "--election",
                name,
                "--ttl",
                "1s",
                "--grace",
                grace,
                "--once",
                "--",
                "sh",
                "-c",
                "echo $$ > " + pid + "; " + script));
        long child = Long.parseLong(contentOnceThere(pid));
        Entry key = store.list(name + "/", 10).get(30, TimeUnit.SECONDS).get(0);
        store.revoke(key.leaseId()).get(30, TimeUnit.SECONDS);
        assertThat(running.get(60, TimeUnit.SECONDS).exitCode()).isEqualTo(ExitCode.LOST);
        assertThat(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false))
                .isFalse();
    }

    @Test
    void aCommandIsStoppedWhenTheElectionIsLost() throws Exception {
        lose("lost", "10s", "exec sleep 1000");
    }

    @Test
    void aCommandThatIgnoresItsEndIsKilledInTime() throws Exception {
        lose("stubborn", "100ms", "trap '' TERM; while :; do sleep 1; done");
    }

    @Test
    void theLeaderIsShownWithItsToken() throws Exception {
        assertThat(mandate("leader", "shown").out()).containsExactly("nobody");
        try (Leadership leads = lead("shown", "ada")) {
            Outcome shown = mandate("leader", "shown");
            assertThat(shown.exitCode()).isZero();
            assertThat(shown.out()).containsExactly("ada token " + leads.term().token());
            assertThat(mandate("leader", "shown", "--json").out())
                    .containsExactly("{\"election\":\"shown\",\"leader\":\"ada\",\"token\":"
                            + leads.term().token() + "}");
        }
    }

    @Test
    void theHistoryTellsTheLatestFirst() throws Exception {
        lead("told", "ada").close();
        try (Leadership leads = lead("told", "bob")) {
            // Nobody waits for the history but its readers: a term begins, and ends, before that is written down.
            List<String> lines = mandate("history", "told").out();
            long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (lines.size() < 3 || lines.get(2).endsWith("-")) {
                assertThat(System.nanoTime())
                        .as("waiting for two terms: %s", lines)
                        .isLessThan(endNanos);
                lines = mandate("history", "told").out();
            }
            assertThat(lines.get(0)).startsWith("TOKEN");
            assertThat(lines.get(1))
                    .startsWith(Long.toString(leads.term().token()))
                    .contains("bob")
                    .endsWith("-");
            assertThat(lines.get(2)).contains("ada").endsWith("resigned");
        }
        assertThat(mandate("history", "never").exitCode()).isEqualTo(ExitCode.NO);
    }

    @Test
    void aLockIsHeldByOneAndTheOtherIsToldSo() throws Exception {
        assertThat(mandate("lock", "door", "--wait", "0s", "--", "sh", "-c", "exit 3")
                        .exitCode())
                .isEqualTo(3);
        try (Leadership held = lead("door", "ada")) {
            assertThat(held.term().token()).isPositive();
            Outcome refused = mandate("lock", "door", "--wait", "0s", "--", "true");
            assertThat(refused.exitCode()).isEqualTo(ExitCode.NO);
            assertThat(refused.err()).contains("held by somebody else");
            assertThat(mandate("lock", "door", "--wait", "200ms", "--", "true").exitCode())
                    .isEqualTo(ExitCode.NO);
        }
        assertThat(mandate("lock", "door", "--", "true").exitCode()).isZero();
    }

    @Test
    void whatCannotBeIsRefusedInOneLine() {
        Outcome shortTtl = mandate("run", "--election", "x", "--ttl", "50ms", "--", "true");
        assertThat(shortTtl.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(shortTtl.err()).contains("100").doesNotContain("\tat ");
        assertThat(mandate("run", "--election", "x", "--restart", "maybe", "--", "true")
                        .err())
                .contains("on-failure");
        assertThat(mandate("run", "--election", "x", "--", "/no/such/command").exitCode())
                .isNotZero();
        assertThat(mandate("run", "--election", "/x", "--", "true").err()).contains("slash");
    }

    @Test
    void theCommandGetsItsArgumentsAsTheyAre() throws Exception {
        Path words = Files.writeString(directory.resolve("body.json"), "several words");
        Path seen = directory.resolve("arguments");
        List<String> given = List.of("@" + words, "@@" + words, "", "--", "--once", "-h", "$HOME", "a  b", "*");
        List<String> arguments = new ArrayList<>(
                List.of("--election", "arguments", "--", "sh", "-c", "printf '<%s>' \"$@\" >\"$0\"", seen.toString()));
        arguments.addAll(given);
        assertThat(mandate("run", arguments.toArray(String[]::new)).exitCode()).isZero();
        String expected = given.stream().map(argument -> "<" + argument + ">").collect(Collectors.joining());
        assertThat(seen).hasContent(expected);
        arguments.subList(0, 2).clear();
        arguments.add(0, "arguments");
        assertThat(mandate("lock", arguments.toArray(String[]::new)).exitCode()).isZero();
        assertThat(seen).hasContent(expected);
    }
}

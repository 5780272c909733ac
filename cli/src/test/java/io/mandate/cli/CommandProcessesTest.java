package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.store.etcd.EtcdStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the processes that a command of {@code mandate run} has started. */
@Tag("integration")
@Timeout(120)
@EnabledOnOs(OS.LINUX)
class CommandProcessesTest {
    /** Long enough to look, while a dead leader's key is still there. */
    private static final String TTL = "20s";

    /** Writes down its id and that it was asked to end, and ends. */
    private static final String POLITE = """
            trap 'echo asked >> $1.asked; exit 0' TERM
            echo $$ > $1.tmp; mv $1.tmp $1.pid
            while :; do sleep 0.05; done
            """;

    /** Writes down its id and that it was asked to end, and goes on. */
    private static final String STUBBORN = POLITE.replace("; exit 0", "");

    @TempDir
    private static Path directory;

    private static OneNode node;
    private static String url;
    private static EtcdStore store;

    private final List<Process> supervisors = new ArrayList<>();
    private final List<Long> started = new ArrayList<>();

    @BeforeAll
    static void startNode() throws Exception {
        Files.writeString(directory.resolve("polite.sh"), POLITE);
        Files.writeString(directory.resolve("stubborn.sh"), STUBBORN);
        node = OneNode.start(directory);
        url = node.url();
        store = EtcdStore.connect(url);
    }

    @AfterAll
    static void stopNode() {
        store.close();
        node.close();
    }

    @AfterEach
    void killWhatIsLeft() {
        supervisors.forEach(Process::destroyForcibly);
        started.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    /** Runs a script under an election, in this process; returns the exit code. */
    private static int run(String election, String script, String... options) {
        return execute(words(election, options), script);
    }

    private static int execute(List<String> words, String script) {
        return Main.commandLine()
                .setOut(new PrintWriter(new StringWriter(), true))
                .setErr(new PrintWriter(new StringWriter(), true))
                .execute(withScript(words, script).toArray(String[]::new));
    }

    private static List<String> words(String election, String... options) {
        List<String> words = new ArrayList<>(List.of("run", "--store", url, "--election", election));
        words.addAll(List.of(options));
        return words;
    }

    private static List<String> withScript(List<String> words, String script) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of("--", "/bin/sh", "-c", "cd " + directory + "; " + script));
        return all;
    }

    private static List<String> ownJvm(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(arguments);
        return command;
    }

    /** Runs a command in a process of its own. */
    private Process start(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("supervisor.log").toFile());
        builder.environment().putAll(environment);
        Process supervisor = builder.start();
        supervisors.add(supervisor);
        return supervisor;
    }

    private Process supervisor(String election, String script, String... options) throws IOException {
        return start(ownJvm(withScript(words(election, options), script)), Map.of());
    }

    private static void await(String what, BooleanSupplier condition) {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting until %s", what).isLessThan(endNanos);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static boolean exists(String file) {
        return Files.exists(directory.resolve(file));
    }

    /** The id that a script wrote down. */
    private long pid(String script) throws IOException {
        await(script + " has started", () -> exists(script + ".pid"));
        long pid = Long.parseLong(
                Files.readString(directory.resolve(script + ".pid")).strip());
        started.add(pid);
        return pid;
    }

    /** What has ended and is waited for by nobody does nothing any more. */
    private static boolean isRunning(long pid) {
        try {
            return !Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1)
                    .matches("(?s).*\\) [ZX] [^)]*");
        } catch (IOException gone) {
            return false;
        }
    }

    private static boolean isHeld(String election) throws Exception {
        return !store.list(election + "/", 10).get(30, TimeUnit.SECONDS).isEmpty();
    }

    @Test
    void whatAScriptHasStartedIsAskedToEndAndKilledAfterTheGrace() throws Exception {
        CompletableFuture<Integer> running = CompletableFuture.supplyAsync(() -> execute(
                List.of("lock", "--store", url, "--ttl", "2s", "--grace", "500ms", "asked"),
                "sh polite.sh a1 & sh stubborn.sh a2 & exec sleep 1000"));
        long polite = pid("a1");
        long stubborn = pid("a2");
        try (Election preferred = Election.on(store)
                .name("asked")
                .candidate("preferred")
                .priority(1)
                .join()) {
            CompletableFuture<Void> next = preferred.lead().thenAccept(Leadership::release);
            assertThat(running.get(60, TimeUnit.SECONDS)).isEqualTo(143);
            next.get(60, TimeUnit.SECONDS);
        }
        assertThat(isRunning(polite)).isFalse();
        assertThat(isRunning(stubborn)).isFalse();
        assertThat(exists("a1.asked")).isTrue();
        assertThat(exists("a2.asked")).isTrue();
    }

    @Test
    void whatAScriptHasStartedIsAskedToEndWhenTheSupervisorIs() throws Exception {
        Process supervisor = supervisor("sigterm", "sh polite.sh s1 & sh polite.sh s2", "--ttl", TTL);
        long background = pid("s1");
        long foreground = pid("s2");
        supervisor.destroy();
        assertThat(supervisor.waitFor()).isEqualTo(143);
        assertThat(isRunning(background)).isFalse();
        assertThat(isRunning(foreground)).isFalse();
        assertThat(exists("s1.asked")).isTrue();
        assertThat(exists("s2.asked")).isTrue();
        assertThat(isHeld("sigterm")).isFalse();
    }

    @Test
    void aKilledSupervisorTakesEveryProcessOfItsCommandWithIt() throws Exception {
        Process supervisor = supervisor(
                "killed",
                "sh polite.sh k1 & sh stubborn.sh k2 & (setsid sh polite.sh k3 &) ; wait",
                "--ttl",
                TTL,
                "--grace",
                // Of which a busy machine needs a part to find them all.
                "3s");
        List<Long> processes = List.of(pid("k1"), pid("k2"), pid("k3"));
        supervisor.destroyForcibly();
        await("all have ended", () -> processes.stream().noneMatch(CommandProcessesTest::isRunning));
        assertThat(isHeld("killed")).as("the dead leader's key is there").isTrue();
        assertThat(exists("k1.asked")).isTrue();
        assertThat(exists("k2.asked")).isTrue();
        assertThat(exists("k3.asked")).isTrue();
    }

    /** A directory of programs, as in a small container. */
    private static Path programs(String name, String... programs) throws IOException {
        Path bin = Files.createDirectory(directory.resolve(name));
        for (String program : programs) {
            Path found = List.of("/usr/bin/" + program, "/bin/" + program).stream()
                    .map(Path::of)
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElse(null);
            assumeTrue(found != null, "SKIPPED: there is no " + program);
            Path script = Files.writeString(bin.resolve(program), "#!/bin/sh\nexec " + found + " \"$@\"\n");
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return bin;
    }

    @Test
    void aKilledSupervisorTakesItsCommandWithItWithoutSetprivAndSetsid() throws Exception {
        Path bin = programs("bare", "sh", "grep", "sleep", "mv");
        Process supervisor = start(
                ownJvm(withScript(words("bare", "--ttl", TTL), "sh polite.sh b1 & (sh polite.sh b2 &); wait")),
                Map.of("PATH", bin.toString()));
        List<Long> processes = List.of(pid("b1"), pid("b2"));
        supervisor.destroyForcibly();
        await("all have ended", () -> processes.stream().noneMatch(CommandProcessesTest::isRunning));
        assertThat(isHeld("bare")).as("the dead leader's key is there").isTrue();
        assertThat(exists("b1.asked")).isTrue();
        assertThat(exists("b2.asked")).isTrue();
    }

    @Test
    void aKilledSupervisorTakesTheCommandItselfWithItWithoutAShell() throws Exception {
        Path bin = programs("shell-less", "setpriv");
        Process supervisor = start(
                ownJvm(withScript(words("shell-less", "--ttl", TTL), "PATH=/usr/bin:/bin; set -- n1; . ./stubborn.sh")),
                Map.of("PATH", bin.toString()));
        long command = pid("n1");
        supervisor.destroyForcibly();
        await("it has ended", () -> !isRunning(command));
        assertThat(isHeld("shell-less")).as("the dead leader's key is there").isTrue();
    }

    @Test
    void whatOutlivesItsCommandIsEndedBeforeTheElectionIsReleased() throws Exception {
        CompletableFuture<Integer> running = CompletableFuture.supplyAsync(() -> run(
                "left",
                "sh polite.sh l1 & (setsid sh stubborn.sh l2 &) ; until [ -e next ]; do sleep 0.05; done; exit 5",
                "--ttl",
                TTL,
                "--grace",
                "500ms"));
        long background = pid("l1");
        long daemon = pid("l2");
        try (Election next = Election.on(store).name("left").candidate("next").join()) {
            CompletableFuture<Boolean> idleThen = next.lead().thenApply(leadership -> {
                boolean idle = !isRunning(background) && !isRunning(daemon);
                leadership.release();
                return idle;
            });
            Files.writeString(directory.resolve("next"), "");
            assertThat(running.get(60, TimeUnit.SECONDS)).isEqualTo(5);
            assertThat(idleThen.get(60, TimeUnit.SECONDS))
                    .as("nothing runs when the next one leads")
                    .isTrue();
        }
        assertThat(exists("l1.asked")).isTrue();
        assertThat(exists("l2.asked")).isTrue();
    }

    @Test
    void whatACommandSendsToItsGroupDoesNotReachTheSupervisor() throws Exception {
        List<String> ofItsOwnGroup = new ArrayList<>(List.of("setsid", "--"));
        ofItsOwnGroup.addAll(ownJvm(withScript(words("group", "--ttl", TTL), "trap : TERM; kill 0; exit 5")));
        Process supervisor = start(ofItsOwnGroup, Map.of());
        assertThat(supervisor.waitFor()).isEqualTo(5);
        assertThat(isHeld("group")).isFalse();
    }

    @Test
    void noWatchdogIsLeftWhenTheCommandHasEnded() throws Exception {
        assertThat(run("watchdog", "exit 0", "--ttl", TTL)).isZero();
        await(
                "no process of this one is a watchdog",
                () -> ProcessHandle.current()
                        .children()
                        .noneMatch(
                                child -> child.info().commandLine().orElse("").contains("mandate-watchdog")));
    }

    @Test
    void theEnvironmentIsPassedOnAsItIs() throws Exception {
        Process supervisor = start(
                ownJvm(List.of(
                        "run",
                        "--store",
                        url,
                        "--election",
                        "environment",
                        "--",
                        "cp",
                        "/proc/self/environ",
                        directory.resolve("environment").toString())),
                Map.of("no.name of a shell", "1", "MANDATE_RUN", "outer", "MANDATE_STORE", "outer"));
        Path environ = Path.of("/proc/" + supervisor.pid() + "/environ");
        List<String> before = variables(environ);
        assertThat(supervisor.waitFor()).isZero();
        List<String> after = variables(directory.resolve("environment"));
        assertThat(before)
                .filteredOn(variable -> !after.contains(variable))
                .containsExactly("MANDATE_RUN=outer", "MANDATE_STORE=outer");
        assertThat(after)
                .filteredOn(variable -> !before.contains(variable))
                .extracting(variable -> variable.replaceAll("(?s)=.*", ""))
                .containsExactly(
                        "MANDATE_CANDIDATE", "MANDATE_ELECTION", "MANDATE_RUN", "MANDATE_STORE", "MANDATE_TOKEN");
        assertThat(after).anyMatch(variable -> variable.startsWith("MANDATE_RUN=outer:"));
    }

    private static List<String> variables(Path environ) throws IOException {
        String text = Files.readString(environ, StandardCharsets.ISO_8859_1);
        return List.copyOf(new TreeSet<>(List.of(text.split("\0"))));
    }

    @Test
    void aCommandInATerminalKeepsItAndIsInterruptedByIt() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "SKIPPED: there is no script(1)");
        String quoted = String.join(
                " ",
                ownJvm(withScript(
                                words("terminal", "--ttl", TTL),
                                "trap \"echo interrupted > t1.asked; exit 0\" INT; : < /dev/tty && test -t 0 || exit 1;"
                                        + " echo $$ > t1.tmp; mv t1.tmp t1.pid; while :; do sleep 0.05; done"))
                        .stream()
                        .map(word -> "'" + word + "'")
                        .toList());
        Process terminal = start(
                List.of(
                        // Whoever starts the tests in the background has them ignore it, and shells cannot undo that.
                        "env",
                        "--default-signal=INT",
                        "/usr/bin/script",
                        "-qec",
                        quoted,
                        directory.resolve("typescript").toString()),
                Map.of());
        long command = pid("t1");
        terminal.getOutputStream().write(3);
        terminal.getOutputStream().flush();
        await("it has ended", () -> !isRunning(command));
        assertThat(exists("t1.asked")).isTrue();
        await("it is released", () -> terminal.onExit().isDone());
        assertThat(isHeld("terminal")).isFalse();
    }
}

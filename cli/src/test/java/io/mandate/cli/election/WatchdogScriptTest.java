package io.mandate.cli.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script of the watchdog by itself; with a supervisor it is in the tests of the command's processes. */
@Tag("integration")
@Timeout(60)
@EnabledOnOs(OS.LINUX)
class WatchdogScriptTest {
    private static final Path SCRIPT =
            Path.of("src", "main", "resources", "io", "mandate", "cli", "election", "watchdog.sh");

    @TempDir
    private Path directory;

    @Test
    void whoIsFoundWhenTheTimeIsOverIsAskedBeforeItIsKilled() throws Exception {
        String run = UUID.randomUUID().toString();
        ProcessBuilder found = new ProcessBuilder("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done");
        found.environment().put(CommandProcesses.RUN, run);
        Path signals = directory.resolve("signals");
        Process process = found.start();
        try {
            // No time at all, as on a machine that has taken all of it to find the process.
            Process watchdog = new ProcessBuilder(
                            "sh",
                            "-c",
                            "kill() { echo \"$*\" >>'" + signals + "'; command kill \"$@\"; }; . '"
                                    + SCRIPT.toAbsolutePath() + "'",
                            "watchdog",
                            run,
                            "0",
                            "alone",
                            "loose")
                    .redirectErrorStream(true)
                    .start();
            watchdog.getOutputStream().write(("command " + process.pid() + "\n").getBytes(StandardCharsets.UTF_8));
            watchdog.getOutputStream().close();
            assertThat(watchdog.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            List<String> ofProcess = Files.readAllLines(signals).stream()
                    .filter(signal -> signal.endsWith(" " + process.pid()))
                    .toList();
            assertThat(ofProcess).startsWith("-TERM " + process.pid()).contains("-KILL " + process.pid());
        } finally {
            process.destroyForcibly();
        }
    }
}

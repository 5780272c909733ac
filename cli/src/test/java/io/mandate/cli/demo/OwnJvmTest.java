package io.mandate.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.server.FreePorts;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisabledOnOs(OS.WINDOWS)
@Tag("integration")
class OwnJvmTest {
    private static final String SHARED = "mandate.sharedJvmOptions";

    @TempDir
    private Path directory;

    /** A shell in the place of the demo, which starts a node and writes its id. */
    @Test
    void aNodeOfTheDemoEndsWithADemoThatWasKilled() throws Exception {
        String thisProcess = Long.toString(ProcessHandle.current().pid());
        List<String> words = new ArrayList<>();
        for (String word : OwnJvm.command(List.of(
                "dev",
                "--data-dir",
                directory.resolve("node").toString(),
                "--port",
                Integer.toString(FreePorts.one()),
                "--peer-port",
                Integer.toString(FreePorts.one())))) {
            words.add(word.endsWith("=" + thisProcess) ? word.replace(thisProcess, "$$") : "'" + word + "'");
        }
        Process starter = new ProcessBuilder("sh", "-c", String.join(" ", words) + " & echo $!; wait").start();
        try (BufferedReader output = starter.inputReader(StandardCharsets.UTF_8)) {
            ProcessHandle node =
                    ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
            try {
                assertThat(output.readLine()).contains("ready");
                starter.destroyForcibly();
                node.onExit().get(60, TimeUnit.SECONDS);
            } finally {
                node.destroyForcibly();
            }
        }
    }

    @AfterEach
    void forget() {
        System.clearProperty(SHARED);
    }

    @Test
    void anOptionOfTheLauncherMayHaveBlanks() {
        System.setProperty(SHARED, "\n-XX:SharedArchiveFile=/my programs/classes.jsa\n-Xshare:auto");
        assertThat(OwnJvm.command(List.of("server", "a b")))
                .containsSequence("-XX:SharedArchiveFile=/my programs/classes.jsa", "-Xshare:auto")
                .endsWith("io.mandate.cli.Main", "server", "a b")
                .doesNotContain("");
    }
}

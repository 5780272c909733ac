package io.mandate.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process with a log is killed again and again, wherever it happens to be. */
@Tag("integration")
@Timeout(900)
class LogKillTest {
    @TempDir
    Path directory;

    @Test
    void whatWasAcknowledgedIsThereAfterAKill() throws IOException {
        killed(3);
    }

    @Test
    @Tag("long")
    void whatWasAcknowledgedIsThereAfterManyKills() throws IOException {
        killed(100);
    }

    private void killed(int times) throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        LogProcess.Heard heard = new LogProcess.Heard();
        long entries = 0;
        for (int kill = 0; kill < times; kill++) {
            try (LogProcess process = new LogProcess(directory, heard)) {
                process.awaitCalls(1 + random.nextInt(2_000));
            }
            entries += LogProcess.check(directory, heard);
        }
        System.out.println("kills " + times + ", entries read back " + entries);
        assertThat(entries).isGreaterThan(times);
    }
}

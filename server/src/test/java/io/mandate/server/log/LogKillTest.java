package io.mandate.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that writes a log is killed repeatedly, at random moments. */
@Tag("integration")
@Timeout(900)
class LogKillTest {
    @TempDir
    Path directory;

    @Test
    void acknowledgedEntriesSurviveAKill() throws IOException {
        killRepeatedly(3);
    }

    @Test
    @Tag("long")
    void acknowledgedEntriesSurviveManyKills() throws IOException {
        killRepeatedly(100);
    }

    private void killRepeatedly(int times) throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        LogProcess.Acknowledged acknowledged = new LogProcess.Acknowledged();
        long entries = 0;
        for (int kill = 0; kill < times; kill++) {
            try (LogProcess process = new LogProcess(directory, acknowledged)) {
                process.awaitCalls(1 + random.nextInt(2_000));
            }
            entries += LogProcess.check(directory, acknowledged);
        }
        System.out.println("kills " + times + ", entries read back " + entries);
        assertThat(entries).isGreaterThan(times);
    }
}

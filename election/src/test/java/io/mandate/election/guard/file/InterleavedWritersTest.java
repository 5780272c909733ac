package io.mandate.election.guard.file;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class InterleavedWritersTest {
    @TempDir
    private Path directory;

    private void run(int runs) throws Exception {
        long first = new Random().nextLong();
        for (int i = 0; i < runs; i++) {
            long seed = first + i;
            try {
                new InterleavedWriters(seed, Files.createDirectory(directory.resolve("run-" + i))).run();
            } catch (Exception | AssertionError failed) {
                throw new AssertionError("seed " + seed, failed);
            }
        }
    }

    @Test
    void inWhateverOrderStepsAreTakenNoWriteIsLostAndNoTokenGoesBack() throws Exception {
        run(50);
    }

    @Tag("long")
    @Test
    void inWhateverOrderStepsAreTakenNoWriteIsLostAndNoTokenGoesBackForLonger() throws Exception {
        run(5_000);
    }
}

package io.mandate.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The file system of a log is shut down as by a power failure: data that were not forced are lost. Needs root, loop
 * devices, and {@code xfs_io}; skipped otherwise.
 */
@Tag("long")
@Timeout(900)
class LogPowerLossTest {
    private static final int ROUNDS = 10;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"xfs", "ext4"})
    void acknowledgedEntriesSurviveAPowerFailure(String fileSystem) throws IOException {
        Path image = directory.resolve("image");
        Path mounted = Files.createDirectory(directory.resolve("mounted"));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(400 << 20);
        }
        assumeTrue(succeeds("xfs_io", "-V"), "xfs_io is not installed (package xfsprogs)");
        assumeTrue(succeeds("mkfs." + fileSystem, "-q", image.toString()), "cannot make a file system " + fileSystem);
        assumeTrue(mount(image, mounted), "cannot mount through a loop device: not root, or not allowed");
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        long entries = 0;
        try {
            Path log = mounted.resolve("log");
            LogProcess.Acknowledged acknowledged = new LogProcess.Acknowledged();
            for (int round = 0; round < ROUNDS; round++) {
                try (LogProcess process = new LogProcess(log, acknowledged)) {
                    process.awaitCalls(1 + random.nextInt(2_000));
                    // Stopped first, so that it does not continue for a moment on a file system that is shut down.
                    run("kill", "-STOP", Long.toString(process.pid()));
                    run("xfs_io", fileSystem.equals("xfs") ? "-xc" : "-Fxc", "shutdown", mounted.toString());
                }
                run("umount", mounted.toString());
                assertThat(mount(image, mounted)).isTrue();
                entries += LogProcess.check(log, acknowledged);
            }
        } finally {
            run("umount", mounted.toString());
        }
        System.out.println("power failures " + ROUNDS + " of " + fileSystem + ", entries read back " + entries);
        assertThat(entries).isGreaterThan(ROUNDS);
    }

    private static boolean mount(Path image, Path at) throws IOException {
        return succeeds("mount", "-o", "loop", image.toString(), at.toString());
    }

    private static void run(String... command) throws IOException {
        assertThat(succeeds(command)).as(String.join(" ", command)).isTrue();
    }

    private static boolean succeeds(String... command) throws IOException {
        try {
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            boolean succeeded = process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
            if (!succeeded) {
                System.out.println(String.join(" ", command) + ": " + output);
            }
            return succeeded;
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        } catch (IOException notInstalled) {
            return false;
        }
    }
}

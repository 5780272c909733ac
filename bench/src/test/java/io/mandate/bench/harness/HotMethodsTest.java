package io.mandate.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HotMethodsTest {
    @Test
    void theHottestMethodComesFirstWithItsShare() {
        HotMethods hot = new HotMethods();
        hot.add("a.B.c");
        hot.add("x.Y.z");
        hot.add("x.Y.z");
        hot.add("x.Y.z");

        assertThat(hot.render().lines()).containsExactly("4 samples", " 75.0 %  x.Y.z", " 25.0 %  a.B.c");
    }

    @Test
    void aRecordingOfABusyThreadNamesItsMethods(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("busy.jfr");
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        String report;
        do {
            try (Recording recording = new Recording()) {
                recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
                recording.start();
                burn();
                recording.stop();
                recording.dump(file);
            }
            report = HotMethods.of(file).render();
        } while (!namesTheWork(report) && System.nanoTime() - deadlineNanos < 0);

        assertThat(report).matches(HotMethodsTest::namesTheWork);
    }

    @Test
    void anEmptyRecordingSaysSo() {
        assertThat(new HotMethods().render()).isEqualTo("0 samples\n");
    }

    /** Which of the two the sample falls on depends on what the compiler made one of. */
    private static boolean namesTheWork(String report) {
        return report.contains(" %  java.util.SplittableRandom.")
                || report.contains(" %  io.mandate.bench.harness.HotMethodsTest.burn");
    }

    private static void burn() {
        SplittableRandom random = new SplittableRandom(1);
        long sum = 0;
        for (int i = 0; i < 100_000_000; i++) {
            sum += random.nextInt();
        }
        assertThat(sum).isNotZero();
    }
}

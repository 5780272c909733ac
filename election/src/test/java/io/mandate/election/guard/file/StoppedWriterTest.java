package io.mandate.election.guard.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A writer stands still after any of its steps while a successor writes, once or so often that the version it wanted to
 * write has come and gone.
 */
@Tag("integration")
class StoppedWriterTest {
    private static final int KEPT = 2;

    @TempDir
    private Path directory;

    static List<Arguments> stopsAndSuccessors() {
        List<Arguments> all = new ArrayList<>();
        for (WriteStep step : WriteStep.values()) {
            for (int writes : new int[] {1, KEPT, KEPT + 1, KEPT + 5}) {
                all.add(Arguments.of(step, writes));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("stopsAndSuccessors")
    void itsWriteIsAcceptedExactlyIfItWasNamedBeforeTheSuccessorWrote(WriteStep stop, int writes) throws Exception {
        Path path = directory.resolve("state");
        VersionedFile successor = FilesForTests.at(path, KEPT, step -> {});
        successor.write(FixedTerm.of(1), 0, bytes("first"));
        CountDownLatch stopped = new CountDownLatch(1);
        CountDownLatch woken = new CountDownLatch(1);
        AtomicBoolean once = new AtomicBoolean();
        VersionedFile stale = FilesForTests.at(path, KEPT, step -> {
            if (step == stop && once.compareAndSet(false, true)) {
                stopped.countDown();
                await(woken);
            }
        });
        CompletableFuture<Boolean> accepted = CompletableFuture.supplyAsync(() -> accepts(stale));
        await(stopped);
        for (int i = 0; i < writes; i++) {
            String content = "new " + i;
            successor.update(FixedTerm.of(7), present -> bytes(content));
        }
        woken.countDown();

        boolean named = stop.compareTo(WriteStep.LINKED) >= 0;
        assertThat(accepted.get(20, TimeUnit.SECONDS)).isEqualTo(named);
        FileVersion newest = successor.read().orElseThrow();
        assertThat(newest.text()).isEqualTo("new " + (writes - 1));
        assertThat(newest.version()).isEqualTo(1 + writes + (named ? 1 : 0));
        assertThat(path).hasContent("new " + (writes - 1));
        assertNothingIsLeftAfterTheNextWrite(path, successor);
    }

    private static void assertNothingIsLeftAfterTheNextWrite(Path path, VersionedFile file) throws Exception {
        file.update(FixedTerm.of(7), present -> bytes("last"));
        try (var files = Files.list(path.resolveSibling("state.versions"))) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .hasSize(KEPT)
                    .allMatch(name -> name.startsWith("v"));
        }
    }

    private static boolean accepts(VersionedFile file) {
        try {
            return file.write(FixedTerm.of(5), 1, bytes("stale")) instanceof FileWrite.Written;
        } catch (StaleTokenException refused) {
            return false;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }
}

package io.mandate.election.guard.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.guard.FixedTerm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Threads, which share nothing but the file. */
class ConcurrentUseTest {
    private static final int THREADS = 4;

    @TempDir
    private Path directory;

    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        pool.shutdownNow();
    }

    private static long increment(VersionedFile file) {
        return Long.parseLong(file.update(
                        FixedTerm.of(5),
                        present -> Long.toString(1
                                        + present.map(FileVersion::text)
                                                .map(Long::parseLong)
                                                .orElse(0L))
                                .getBytes(StandardCharsets.UTF_8))
                .text());
    }

    @Test
    void everyAcknowledgedIncrementIsThereAndNoReadIsOlderThanAnAcknowledgedOne() throws Exception {
        long increments = 50;
        Path path = directory.resolve("state");
        AtomicLong acknowledged = new AtomicLong();
        CompletableFuture<Void> written = new CompletableFuture<>();
        Future<Long> reader = pool.submit(() -> {
            long reads = 0;
            for (; !written.isDone(); reads++) {
                long before = acknowledged.get();
                long read = FilesForTests.at(path, 1, step -> {})
                        .read()
                        .map(FileVersion::version)
                        .orElse(0L);
                assertThat(read).isGreaterThanOrEqualTo(before);
            }
            return reads;
        });
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            VersionedFile own = FilesForTests.at(path, 1, step -> {});
            writers.add(pool.submit(() -> {
                for (int n = 0; n < increments; n++) {
                    acknowledged.accumulateAndGet(increment(own), Math::max);
                }
            }));
        }
        for (Future<?> writer : writers) {
            writer.get(60, TimeUnit.SECONDS);
        }
        written.complete(null);
        assertThat(reader.get(20, TimeUnit.SECONDS)).isPositive();
        assertThat(path).hasContent(Long.toString(THREADS * increments));
        assertThat(VersionedFile.at(path).read().orElseThrow().version()).isEqualTo(THREADS * increments);
    }

    @Test
    void aFileIsBegunOnceHoweverManyWriteItFirst() throws Exception {
        for (int round = 0; round < 100; round++) {
            Path path =
                    Files.createDirectory(directory.resolve("round-" + round)).resolve("state");
            CyclicBarrier together = new CyclicBarrier(THREADS);
            List<Future<Long>> writers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                VersionedFile own = VersionedFile.at(path);
                writers.add(pool.submit(() -> {
                    together.await();
                    return increment(own);
                }));
            }
            List<Long> results = new ArrayList<>();
            for (Future<Long> writer : writers) {
                results.add(writer.get(20, TimeUnit.SECONDS));
            }
            assertThat(results).containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
            try (var files = Files.list(path.getParent())) {
                assertThat(files).hasSize(2);
            }
        }
    }
}

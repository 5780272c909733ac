package io.mandate.election.guard.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.TermEndedException;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.session.TermEnd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionedFileTest {
    @TempDir
    private Path directory;

    private Path path;
    private VersionedFile file;

    @BeforeEach
    void open() {
        path = directory.resolve("deep/down/state");
        file = VersionedFile.at(path);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] incremented(Optional<FileVersion> current) {
        return bytes(Integer.toString(
                1 + current.map(FileVersion::text).map(Integer::parseInt).orElse(0)));
    }

    private String text() {
        return file.read().orElseThrow().text();
    }

    @Test
    void aFileThatWasNeverWrittenHasNoVersion() {
        assertThat(file.read()).isEmpty();
        file.fence(new FixedTerm(3));
        assertThat(file.read()).isEmpty();
    }

    @Test
    void whatIsWrittenUponTheExpectedVersionIsReadByOthers() {
        assertThat(file.write(new FixedTerm(5), 0, bytes("one"))).isEqualTo(new FileWrite.Written(1));
        assertThat(file.write(new FixedTerm(5), 1, bytes("two\n\0"))).isEqualTo(new FileWrite.Written(2));
        FileVersion read = VersionedFile.at(path).read().orElseThrow();
        assertThat(read.version()).isEqualTo(2);
        assertThat(read.token()).isEqualTo(5);
        assertThat(read.text()).isEqualTo("two\n\0");
    }

    @Test
    void aWriteUponAnotherVersionIsAConflictAndShowsWhatIsThere() {
        file.write(new FixedTerm(5), 0, bytes("one"));
        FileWrite conflict = file.write(new FixedTerm(5), 0, bytes("other"));
        assertThat(conflict)
                .isInstanceOfSatisfying(
                        FileWrite.Conflict.class,
                        present -> assertThat(present.present())
                                .isNotNull()
                                .extracting(FileVersion::text)
                                .isEqualTo("one"));
        assertThat(text()).isEqualTo("one");
    }

    @Test
    void aStaleTokenIsRefusedAfterALargerOneAndItsTermEnds() {
        FixedTerm old = new FixedTerm(5);
        file.write(old, 0, bytes("old"));
        file.write(new FixedTerm(7), 1, bytes("new"));
        assertThatThrownBy(() -> file.write(old, 2, bytes("late")))
                .isInstanceOfSatisfying(StaleTokenException.class, stale -> {
                    assertThat(stale.token()).isEqualTo(5);
                    assertThat(stale.largestToken()).isEqualTo(7);
                });
        assertThat(old.ended()).isCompletedWithValue(TermEnd.SUPERSEDED);
        assertThat(text()).isEqualTo("new");
        assertThatThrownBy(() -> file.update(old, VersionedFileTest::incremented))
                .isInstanceOf(StaleTokenException.class);
    }

    @Test
    void aTermThatIsOverWritesNothing() {
        FixedTerm over = new FixedTerm(5);
        over.superseded(6);
        assertThatThrownBy(() -> file.write(over, 0, bytes("x"))).isInstanceOf(TermEndedException.class);
        assertThat(file.read()).isEmpty();
    }

    @Test
    void aFenceShutsOutEarlierTermsAndKeepsTheContent() {
        file.write(new FixedTerm(5), 0, bytes("kept"));
        file.fence(new FixedTerm(7));
        assertThat(text()).isEqualTo("kept");
        assertThatThrownBy(() -> file.write(new FixedTerm(5), 2, bytes("late")))
                .isInstanceOf(StaleTokenException.class);
        long version = file.read().orElseThrow().version();
        file.fence(new FixedTerm(7));
        assertThat(file.read().orElseThrow().version()).isEqualTo(version);
    }

    /** A writer that stops after its last look, whatever happens meanwhile. */
    private Optional<StaleTokenException> wokenAfter(Runnable meanwhile) throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        CountDownLatch woken = new CountDownLatch(1);
        VersionedFile slow = VersionedFile.at(path, Clock.systemUTC(), () -> {
            stopped.countDown();
            try {
                woken.await();
            } catch (InterruptedException impossible) {
                throw new AssertionError(impossible);
            }
        });
        AtomicReference<StaleTokenException> refused = new AtomicReference<>();
        Thread writer = new Thread(() -> {
            try {
                slow.update(new FixedTerm(5), current -> bytes("stale"));
            } catch (StaleTokenException stale) {
                refused.set(stale);
            }
        });
        writer.start();
        assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
        meanwhile.run();
        woken.countDown();
        writer.join();
        return Optional.ofNullable(refused.get());
    }

    @Test
    void aWriterThatWasPausedBeforePublishingIsRefusedWhenALaterOneHasWritten() throws Exception {
        file.write(new FixedTerm(5), 0, bytes("first"));
        assertThat(wokenAfter(() -> file.update(new FixedTerm(7), current -> bytes("new"))))
                .isNotNull();
        assertThat(text()).isEqualTo("new");
    }

    @Test
    void aWriterThatFindsItsVersionFreeBecauseItIsNotKeptAnyMoreIsRefusedToo() throws Exception {
        file.write(new FixedTerm(5), 0, bytes("first"));
        assertThat(wokenAfter(() -> {
                    for (int i = 0; i < 2 * VersionedFile.VERSIONS_KEPT; i++) {
                        file.update(new FixedTerm(7), current -> bytes("new"));
                    }
                    assertThat(path.resolve("v2")).doesNotExist();
                }))
                .isPresent();
        assertThat(text()).isEqualTo("new");
        assertThat(path.resolve("v2")).doesNotExist();
    }

    @Test
    void aWriterPausedForLongerThanIsRememberedDoesNotTakeItsWriteForDone() {
        file.write(new FixedTerm(5), 0, bytes("first"));
        assertThatThrownBy(() -> {
                    Clock clock = Clock.systemUTC();
                    VersionedFile slow = VersionedFile.at(path, clock, () -> {
                        for (int i = 0; i < VersionedFile.WRITES_REMEMBERED + VersionedFile.VERSIONS_KEPT; i++) {
                            file.update(new FixedTerm(7), current -> bytes("new"));
                        }
                    });
                    slow.write(new FixedTerm(5), 1, bytes("stale"));
                })
                .hasMessageContaining("cannot be told any more");
        assertThat(text()).isEqualTo("new");
    }

    @Test
    void everyAcknowledgedIncrementOfManyThreadsIsThere() throws Exception {
        int threads = 4;
        int increments = 50;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            VersionedFile own = VersionedFile.at(path);
            running.add(pool.submit(() -> {
                for (int n = 0; n < increments; n++) {
                    own.update(new FixedTerm(5), VersionedFileTest::incremented);
                }
            }));
        }
        for (Future<?> thread : running) {
            thread.get(60, TimeUnit.SECONDS);
        }
        pool.shutdown();
        assertThat(text()).isEqualTo(Integer.toString(threads * increments));
        try (var versions = Files.list(path)) {
            assertThat(versions.count()).isLessThanOrEqualTo(VersionedFile.VERSIONS_KEPT + 1);
        }
    }

    @Test
    void anOperationIsDoneOnceAlsoByALaterLeader() {
        AtomicInteger runs = new AtomicInteger();
        for (long token = 5; token < 8; token++) {
            String result = file.once(new FixedTerm(token), "invoice 7", current -> {
                runs.incrementAndGet();
                return FileEffect.of(incremented(current), "done as " + runs.get());
            });
            assertThat(result).isEqualTo("done as 1");
        }
        assertThat(runs).hasValue(1);
        assertThat(text()).isEqualTo("1");
    }

    @Test
    void operationsAreRememberedForAWhileAndSoManyOfThem() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        Clock clock = new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return Objects.requireNonNull(now.get());
            }
        };
        VersionedFile timed = VersionedFile.at(path, clock, () -> {});
        timed.once(new FixedTerm(5), "a", current -> FileEffect.of("1", "first"));
        now.updateAndGet(instant -> instant.plus(VersionedFile.OPERATION_AGE_MAX));
        assertThat(timed.once(new FixedTerm(5), "a", current -> FileEffect.of("2", "second")))
                .isEqualTo("first");
        now.updateAndGet(instant -> instant.plus(Duration.ofMillis(1)));
        assertThat(timed.once(new FixedTerm(5), "a", current -> FileEffect.of("2", "second")))
                .isEqualTo("second");
        for (int i = 0; i < VersionedFile.OPERATIONS_MAX; i++) {
            timed.once(new FixedTerm(5), "b" + i, current -> FileEffect.of("3", ""));
        }
        assertThat(timed.once(new FixedTerm(5), "a", current -> FileEffect.of("4", "third")))
                .isEqualTo("third");
    }

    @Test
    void damageIsRefusedAndNothingIsWrittenOverIt() throws IOException {
        file.write(new FixedTerm(5), 0, bytes("precious content"));
        Path version = path.resolve("v1");
        byte[] right = Files.readAllBytes(version);
        for (int at = 0; at < right.length; at++) {
            byte[] wrong = right.clone();
            wrong[at] ^= 0x04;
            Files.write(version, wrong);
            assertThatThrownBy(() -> file.read()).as("byte %d", at).isInstanceOf(FileDamagedException.class);
        }
        for (int length = 0; length < right.length; length++) {
            Files.write(version, Arrays.copyOf(right, length));
            assertThatThrownBy(() -> file.update(new FixedTerm(9), VersionedFileTest::incremented))
                    .as("length %d", length)
                    .isInstanceOf(FileDamagedException.class)
                    .hasMessageContaining("v1");
        }
        Files.write(version, right);
        assertThat(text()).isEqualTo("precious content");
    }

    @Test
    void whatDeadWritersLeftIsCleanedUp() throws IOException {
        file.write(new FixedTerm(5), 0, bytes("1"));
        Path dead = Files.createFile(path.resolve("unfinished-dead"));
        Path alive = Files.createFile(path.resolve("unfinished-alive"));
        Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        file.update(new FixedTerm(5), VersionedFileTest::incremented);
        assertThat(dead).doesNotExist();
        assertThat(alive).exists();
    }

    @Test
    void whatIsTooLongIsRefusedWithItsBound() {
        FixedTerm term = new FixedTerm(5);
        assertThatThrownBy(() -> file.once(term, "x".repeat(257), current -> FileEffect.of("", "")))
                .hasMessageContaining("256");
        assertThatThrownBy(() -> file.once(term, "x", current -> FileEffect.of("", "r".repeat(4_097))))
                .hasMessageContaining("4096");
        assertThatThrownBy(() -> file.write(term, 0, new byte[VersionedFile.CONTENT_BYTES_MAX + 1]))
                .hasMessageContaining("longer");
        assertThat(file.read()).isEmpty();
    }
}

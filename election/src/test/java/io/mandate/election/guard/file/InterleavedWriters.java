package io.mandate.election.guard.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Writers and a reader of one file, of whom one takes one step at a time: which one, a seed says. Every write adds one
 * to the number that the file holds, so that a version and its content are the same number as long as no write is lost
 * or done twice.
 */
final class InterleavedWriters {
    private static final int WRITES = 4;
    private static final int READS = 12;

    private final Random random;
    private final Path path;
    private final int versionsKept;
    private final List<Actor> actors = new ArrayList<>();
    private final Map<Long, Long> tokensOfAccepted = new TreeMap<>();
    private long acknowledged;
    private long copied;

    InterleavedWriters(long seed, Path directory) {
        this.random = new Random(seed);
        this.path = directory.resolve("state");
        this.versionsKept = 1 + random.nextInt(2);
    }

    private static final class Actor {
        private final Semaphore turn = new Semaphore(0);
        private final Semaphore rests = new Semaphore(0);
        private CompletableFuture<Void> done = new CompletableFuture<>();

        void start(Runnable work) {
            done = CompletableFuture.runAsync(
                    () -> {
                        rest();
                        work.run();
                    },
                    task -> new Thread(
                                    () -> {
                                        task.run();
                                        rests.release();
                                    },
                                    "actor")
                            .start());
            awaitRest();
        }

        void rest() {
            rests.release();
            acquire(turn);
        }

        void step() {
            turn.release();
            awaitRest();
        }

        private void awaitRest() {
            acquire(rests);
        }
    }

    private static void acquire(Semaphore semaphore) {
        try {
            assertThat(semaphore.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Runs until everybody is done. */
    void run() throws Exception {
        for (int i = 0; i < 3; i++) {
            long token = 1L + random.nextInt(3);
            add(file -> write(file, token));
        }
        add(this::readAll);
        List<Actor> awake = new ArrayList<>(actors);
        Actor favourite = awake.get(0);
        while (!awake.isEmpty()) {
            // Bursts let one of them overtake the others by several versions.
            if (random.nextInt(25) == 0 || !awake.contains(favourite)) {
                favourite = awake.get(random.nextInt(awake.size()));
            }
            Actor next = random.nextInt(4) == 0 ? awake.get(random.nextInt(awake.size())) : favourite;
            next.step();
            if (next.done.isDone()) {
                next.done.get();
                awake.remove(next);
            }
            assertTheCopyNeverGoesBack();
        }
        assertNothingIsLost();
    }

    private interface Work {
        void on(VersionedFile file);
    }

    private void add(Work work) {
        Actor actor = new Actor();
        VersionedFile file = FilesForTests.at(path, versionsKept, step -> actor.rest());
        actors.add(actor);
        actor.start(() -> work.on(file));
    }

    private void write(VersionedFile file, long token) {
        try {
            for (int i = 0; i < WRITES; i++) {
                FileVersion written = file.update(FixedTerm.of(token), InterleavedWriters::incremented);
                assertThat(tokensOfAccepted.put(written.version(), token)).isNull();
                acknowledged = Math.max(acknowledged, written.version());
            }
        } catch (StaleTokenException refused) {
            assertThat(refused.largestToken()).isGreaterThan(token);
        }
    }

    private static byte[] incremented(Optional<FileVersion> present) {
        return Long.toString(1 + present.map(InterleavedWriters::number).orElse(0L))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static long number(FileVersion version) {
        assertThat(Long.parseLong(version.text())).isEqualTo(version.version());
        return version.version();
    }

    private void readAll(VersionedFile file) {
        long last = 0;
        for (int i = 0; i < READS; i++) {
            long before = Math.max(last, acknowledged);
            last = file.read().map(InterleavedWriters::number).orElse(0L);
            assertThat(last).isGreaterThanOrEqualTo(before);
        }
    }

    private void assertTheCopyNeverGoesBack() throws Exception {
        long now = Files.exists(path) ? Long.parseLong(Files.readString(path)) : 0;
        assertThat(now).isGreaterThanOrEqualTo(copied);
        copied = now;
    }

    private void assertNothingIsLost() {
        FileVersion newest = VersionedFile.at(path).read().orElseThrow();
        assertThat(number(newest)).isEqualTo(tokensOfAccepted.size());
        assertThat(tokensOfAccepted.keySet()).last().isEqualTo(newest.version());
        assertThat(new ArrayList<>(tokensOfAccepted.values())).isSorted();
        assertThat(copied).isEqualTo(newest.version());
    }
}

package io.mandate.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SegmentLogTest {
    private static final SegmentLogOptions SMALL = new SegmentLogOptions(4, 4096, 4, true);

    @TempDir
    Path directory;

    private SegmentLog open() {
        return SegmentLog.open(directory, SMALL);
    }

    private static byte[] entry(int length, int value) {
        byte[] entry = new byte[length];
        Arrays.fill(entry, (byte) value);
        return entry;
    }

    private static void append(SegmentLog log, int group, int length) {
        long next = log.lastIndex(group) + 1;
        log.append(group, next, List.of(entry(length, (int) next)));
    }

    private int files() {
        try (Stream<Path> files = Files.list(directory)) {
            return (int) files.count();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    @Test
    void prefixAndSuffixAreDroppedDurably() {
        try (SegmentLog log = open()) {
            for (int count = 0; count < 10; count++) {
                append(log, 1, 10);
            }
            log.truncatePrefix(1, 4);
            log.truncateSuffix(1, 7);
            log.append(1, 8, List.of(entry(3, 88)));
        }
        try (SegmentLog log = open()) {
            assertThat(log.firstIndex(1)).isEqualTo(4);
            assertThat(log.lastIndex(1)).isEqualTo(8);
            assertThat(log.read(1, 3)).isEmpty();
            assertThat(log.read(1, 7)).hasValue(entry(10, 7));
            assertThat(log.read(1, 8)).hasValue(entry(3, 88));
            assertThat(log.firstIndex(0)).isEqualTo(1);
        }
    }

    @Test
    void aPrefixBeyondTheLastEntryLeavesAnEmptyGroupThatContinuesThere() {
        try (SegmentLog log = open()) {
            append(log, 0, 10);
            log.truncatePrefix(0, 101);
        }
        try (SegmentLog log = open()) {
            assertThat(log.firstIndex(0)).isEqualTo(101);
            assertThat(log.lastIndex(0)).isEqualTo(100);
            log.append(0, 101, List.of(entry(1, 1)));
            assertThat(log.read(0, 101)).isPresent();
        }
    }

    @Test
    void aResetLeavesAnEmptyGroupThatContinuesAtTheGivenIndex() {
        try (SegmentLog log = open()) {
            for (int count = 0; count < 5; count++) {
                append(log, 0, 10);
            }
            log.reset(0, 3);
            assertThat(log.read(0, 2)).isEmpty();
            log.append(0, 3, List.of(entry(1, 33)));
        }
        try (SegmentLog log = open()) {
            assertThat(log.firstIndex(0)).isEqualTo(3);
            assertThat(log.read(0, 3)).hasValue(entry(1, 33));
        }
    }

    @Test
    void marksSurviveRestartsTruncationsAndCopies() {
        try (SegmentLog log = open()) {
            for (int index = 1; index <= 5; index++) {
                BitSet marked = new BitSet();
                marked.set(0, index % 2 == 1);
                log.append(2, index, List.of(entry(1, index)), marked);
            }
            log.truncatePrefix(2, 2);
            log.truncateSuffix(2, 4);
            assertThat(log.marked(2)).containsExactly(3L);
            writeMuchInGroup(log, 0);
            assertThat(Files.exists(directory.resolve(Segment.name(1)))).isFalse();
        }
        try (SegmentLog log = open()) {
            assertThat(log.marked(2)).containsExactly(3L);
            assertThat(log.read(2, 3)).hasValue(entry(1, 3));
        }
    }

    /** Fills many segments, in which all but the last entries are dead. */
    private static void writeMuchInGroup(SegmentLog log, int group) {
        for (int count = 0; count < 400; count++) {
            append(log, group, 200);
            log.truncatePrefix(group, log.lastIndex(group) - 2);
        }
    }

    @Test
    void filesWithoutLiveEntriesAreDeleted() {
        try (SegmentLog log = open()) {
            writeMuchInGroup(log, 0);
            assertThat(files()).isLessThanOrEqualTo(2);
        }
        try (SegmentLog log = open()) {
            assertThat(log.read(0, log.lastIndex(0))).isPresent();
            assertThat(files()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void anIdleGroupKeepsItsEntriesButNotTheFilesOfOthers() {
        try (SegmentLog log = open()) {
            append(log, 3, 50);
            append(log, 3, 60);
            writeMuchInGroup(log, 0);
            assertThat(files()).isLessThanOrEqualTo(SMALL.segmentsMax() + 1);
            assertThat(log.read(3, 1)).hasValue(entry(50, 1));
        }
        try (SegmentLog log = open()) {
            assertThat(log.read(3, 1)).hasValue(entry(50, 1));
            assertThat(log.read(3, 2)).hasValue(entry(60, 2));
            append(log, 3, 10);
        }
    }

    @Test
    void liveEntriesAreNotCopiedWithoutNeed() {
        try (SegmentLog log = open()) {
            for (int count = 0; count < 200; count++) {
                append(log, 0, 200);
            }
            long bytes = log.bytes();
            for (int count = 0; count < 10; count++) {
                append(log, 1, 10);
            }
            assertThat(log.bytes() - bytes).isLessThan(4096);
        }
    }

    @Test
    void anEntryOfTheLargestSizeFitsAndALargerOneIsRefused() {
        try (SegmentLog log = open()) {
            append(log, 0, 100);
            append(log, 1, SMALL.entryBytesMax());
            append(log, 2, SMALL.entryBytesMax());
            assertThatThrownBy(() -> append(log, 3, SMALL.entryBytesMax() + 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("an entry of " + (SMALL.entryBytesMax() + 1) + " bytes")
                    .hasMessageContaining("up to " + SMALL.entryBytesMax());
        }
        try (SegmentLog log = open()) {
            assertThat(log.read(2, 1)).hasValue(entry(SMALL.entryBytesMax(), 1));
        }
    }

    @Test
    void aCallMayFillManySegments() {
        List<byte[]> entries =
                IntStream.range(0, 100).mapToObj(value -> entry(300, value)).toList();
        try (SegmentLog log = open()) {
            log.append(0, 1, entries);
        }
        try (SegmentLog log = open()) {
            assertThat(files()).isGreaterThan(5);
            for (int index = 1; index <= 100; index++) {
                assertThat(log.read(0, index)).hasValue(entries.get(index - 1));
            }
        }
    }

    @Test
    void anEntryThatDoesNotFollowTheLastIsRefused() {
        try (SegmentLog log = open()) {
            append(log, 0, 1);
            assertThatThrownBy(() -> log.append(0, 3, List.of(entry(1, 1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("entry 3 for group 0, whose next index is 2");
            assertThatThrownBy(() -> log.append(4, 1, List.of(entry(1, 1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("group 4: the groups are 0 to 3");
        }
    }

    @Test
    void concurrentAppendsAndReadsLoseNothing() throws Exception {
        int appends = 300;
        try (SegmentLog log = open()) {
            ExecutorService threads = Executors.newFixedThreadPool(4);
            List<CompletableFuture<Void>> all = IntStream.range(0, 4)
                    .mapToObj(group -> CompletableFuture.runAsync(
                            () -> {
                                for (int index = 1; index <= appends; index++) {
                                    log.append(group, index, List.of(entry(100 + group, index)));
                                    assertThat(log.read(group, index)).hasValue(entry(100 + group, index));
                                    log.truncatePrefix(group, index - 50);
                                }
                            },
                            threads))
                    .toList();
            for (CompletableFuture<Void> one : all) {
                one.get(50, TimeUnit.SECONDS);
            }
            threads.shutdown();
        }
        try (SegmentLog log = open()) {
            for (int group = 0; group < 4; group++) {
                assertThat(log.lastIndex(group)).isEqualTo(appends);
                assertThat(log.read(group, appends - 20)).hasValue(entry(100 + group, appends - 20));
            }
        }
    }

    @Test
    void writesThatArriveDuringAForceShareTheNextOne() throws Exception {
        BlockingDisk disk = new BlockingDisk(DirectoryDisk.at(directory, SegmentLog.forceDurations()));
        try (SegmentLog log = new SegmentLog(disk, SMALL)) {
            CountDownLatch released = new CountDownLatch(1);
            disk.release = released;
            List<Thread> threads = new ArrayList<>();
            threads.add(start(() -> append(log, 0, 1)));
            disk.busy.await();
            int forces = disk.forces.get();
            for (int group = 1; group < 4; group++) {
                int ownGroup = group;
                threads.add(start(() -> append(log, ownGroup, 1)));
            }
            for (Thread thread : threads.subList(1, 4)) {
                while (thread.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
            }
            released.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(disk.forces.get() - forces)
                    .as("the one in progress, and one for all three")
                    .isEqualTo(2);
            assertThat(IntStream.range(0, 4).mapToLong(log::lastIndex)).containsOnly(1L);
        }
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task);
        thread.start();
        return thread;
    }

    @Test
    void entriesAreInvisibleBeforeTheForceAndConcurrentChangesOfAGroupAreRefused() throws Exception {
        BlockingDisk disk = new BlockingDisk(DirectoryDisk.at(directory, SegmentLog.forceDurations()));
        try (SegmentLog log = new SegmentLog(disk, SMALL)) {
            CountDownLatch released = new CountDownLatch(1);
            disk.release = released;
            Thread first = start(() -> append(log, 0, 1));
            disk.busy.await();
            assertThat(log.lastIndex(0)).isZero();
            assertThat(log.read(0, 1)).isEmpty();
            assertThatThrownBy(() -> append(log, 0, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("two changes of group 0");
            released.countDown();
            first.join();
            assertThat(log.lastIndex(0)).isEqualTo(1);
        }
    }

    @Test
    void everyWriteAfterAFailedForceIsRefused() throws Exception {
        BlockingDisk disk = new BlockingDisk(DirectoryDisk.at(directory, SegmentLog.forceDurations()));
        try (SegmentLog log = new SegmentLog(disk, SMALL)) {
            append(log, 0, 1);
            disk.failure = new IOException("No space left on device");
            assertThatThrownBy(() -> append(log, 0, 1))
                    .isInstanceOf(FailedLogException.class)
                    .hasMessageContaining("No space left on device");
            disk.failure = null;
            int forces = disk.forces.get();
            assertThatThrownBy(() -> append(log, 1, 1)).isInstanceOf(FailedLogException.class);
            assertThatThrownBy(() -> log.reset(0, 5)).isInstanceOf(FailedLogException.class);
            assertThat(disk.forces).hasValue(forces);
            assertThat(log.lastIndex(0)).isEqualTo(1);
        }
    }

    @Test
    void theEntryOfAnInterruptedThreadIsWrittenAndTheLogStaysUsable() {
        try (SegmentLog log = open()) {
            Thread.currentThread().interrupt();
            append(log, 0, 1);
            assertThat(Thread.interrupted()).isTrue();
            append(log, 0, 1);
            assertThat(log.lastIndex(0)).isEqualTo(2);
        }
    }

    @Test
    void invalidOptionsAreRefusedWithTheirBounds() {
        assertThatThrownBy(() -> new SegmentLogOptions(0, 4096, 4, true)).hasMessageContaining("groups is 0");
        assertThatThrownBy(() -> new SegmentLogOptions(1, 4096, 1, true)).hasMessageContaining("segmentsMax is 1");
        assertThatThrownBy(() -> new SegmentLogOptions(100, 4096, 4, true))
                .hasMessageContaining("segmentBytes is 4096");
        assertThat(SegmentLogOptions.forGroups(SegmentLogOptions.GROUPS_MAX, true)
                        .entryBytesMax())
                .isGreaterThan(8 << 20);
    }

    /** A disk whose forces a test can block or fail. */
    private static final class BlockingDisk implements LogDisk {
        private final LogDisk disk;
        final CountDownLatch busy = new CountDownLatch(1);
        volatile @Nullable CountDownLatch release;
        volatile @Nullable IOException failure;
        final AtomicInteger forces = new AtomicInteger();

        BlockingDisk(LogDisk disk) {
            this.disk = disk;
        }

        @Override
        public List<String> names() throws IOException {
            return disk.names();
        }

        @Override
        public LogFile create(String name) throws IOException {
            return new BlockingFile(disk.create(name));
        }

        @Override
        public LogFile open(String name) throws IOException {
            return new BlockingFile(disk.open(name));
        }

        @Override
        public void delete(String name) throws IOException {
            disk.delete(name);
        }

        @Override
        public void force() throws IOException {
            disk.force();
        }

        private final class BlockingFile implements LogFile {
            private final LogFile file;

            BlockingFile(LogFile file) {
                this.file = file;
            }

            @Override
            public long size() throws IOException {
                return file.size();
            }

            @Override
            public void write(ByteBuffer bytes, long position) throws IOException {
                file.write(bytes, position);
            }

            @Override
            public void read(ByteBuffer into, long position) throws IOException {
                file.read(into, position);
            }

            @Override
            public void force() throws IOException {
                CountDownLatch released = release;
                if (released != null) {
                    busy.countDown();
                    try {
                        released.await();
                    } catch (InterruptedException interrupted) {
                        throw new IOException(interrupted);
                    }
                }
                IOException failed = failure;
                if (failed != null) {
                    throw failed;
                }
                forces.incrementAndGet();
                file.force();
            }

            @Override
            public void truncate(long size) throws IOException {
                file.truncate(size);
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        }
    }
}

package io.mandate.server.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recovery from damaged files. */
class DamageTest {
    private static final int SEGMENT_BYTES = 4096;

    @TempDir
    Path directory;

    private SegmentLog open(boolean create) {
        return SegmentLog.open(directory, new SegmentLogOptions(2, SEGMENT_BYTES, 100, create));
    }

    /** Creates a log with entries of 100 bytes, one batch each. */
    private void write(int entries) {
        try (SegmentLog log = open(true)) {
            for (int index = 1; index <= entries; index++) {
                log.append(0, index, List.of(entry(index)));
            }
        }
    }

    private static byte[] entry(long index) {
        byte[] entry = new byte[100];
        Arrays.fill(entry, (byte) index);
        return entry;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted(Comparator.naturalOrder()).toList();
        }
    }

    private Path file(int sequence) {
        return directory.resolve(Segment.name(sequence));
    }

    /** The offset of a record in a segment of {@link #write}, counted from 0 after the head. */
    private static int offset(int record) {
        return LogRecord.bytes(4) + record * LogRecord.bytes(100);
    }

    private void change(Path file, int offset, byte... bytes) throws IOException {
        byte[] content = Files.readAllBytes(file);
        System.arraycopy(bytes, 0, content, offset, bytes.length);
        Files.write(file, content);
    }

    private void flip(Path file, int offset) throws IOException {
        change(file, offset, (byte) (Files.readAllBytes(file)[offset] ^ 1));
    }

    private void assertRefused(Path file, int offset, String expected) {
        assertThatThrownBy(() -> open(false))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(file + " at byte " + offset + ",")
                .hasMessageContaining(expected)
                .hasMessageContaining("--initial-cluster-state existing");
    }

    @Test
    void aLogIsRecoveredCompletely() throws IOException {
        write(100);
        assertThat(files()).hasSizeGreaterThan(2);
        try (SegmentLog log = open(false)) {
            assertThat(log.firstIndex(0)).isEqualTo(1);
            assertThat(log.lastIndex(0)).isEqualTo(100);
            for (int index = 1; index <= 100; index++) {
                assertThat(log.read(0, index)).hasValue(entry(index));
            }
            assertThat(log.read(0, 101)).isEmpty();
            assertThat(log.lastIndex(1)).isZero();
        }
    }

    @Test
    void anUnfinishedLastWriteIsTruncatedAndTheLogContinues() throws IOException {
        write(3);
        flip(file(1), offset(2) + 50);
        try (SegmentLog log = open(false)) {
            assertThat(log.lastIndex(0)).isEqualTo(2);
            assertThat(Files.size(file(1))).isEqualTo(offset(2));
            log.append(0, 3, List.of(entry(33)));
        }
        try (SegmentLog log = open(false)) {
            assertThat(log.read(0, 2)).hasValue(entry(2));
            assertThat(log.read(0, 3)).hasValue(entry(33));
        }
    }

    @Test
    void aLastWriteWhoseFirstSectorsAreMissingIsTruncatedAsAWhole() throws IOException {
        try (SegmentLog log = open(true)) {
            log.append(0, 1, List.of(entry(1)));
            log.append(0, 2, List.of(entry(2), entry(3), entry(4)));
        }
        change(file(1), offset(1), new byte[LogRecord.bytes(100)]);
        try (SegmentLog log = open(false)) {
            assertThat(log.lastIndex(0)).isEqualTo(1);
        }
    }

    @Test
    void aFileThatEndsWithinTheLastRecordIsTruncated() throws IOException {
        write(3);
        byte[] content = Files.readAllBytes(file(1));
        Files.write(file(1), Arrays.copyOf(content, offset(2) + 60));
        try (SegmentLog log = open(false)) {
            assertThat(log.lastIndex(0)).isEqualTo(2);
        }
    }

    @Test
    void aFlippedBitInAForcedRecordIsRefused() throws IOException {
        write(10);
        flip(file(1), offset(4) + LogRecord.HEADER_BYTES + 7);
        assertRefused(file(1), offset(4), "a record: a later write follows");
    }

    @Test
    void aFlippedLengthInAForcedRecordIsRefused() throws IOException {
        write(10);
        flip(file(1), offset(4) + 4);
        assertRefused(file(1), offset(4), "a record");
    }

    @Test
    void zerosInPlaceOfAForcedRecordAreRefused() throws IOException {
        write(10);
        change(file(1), offset(4), new byte[LogRecord.bytes(100)]);
        assertRefused(file(1), offset(4), "a record");
    }

    @Test
    void damageInASegmentThatIsNotTheLastIsRefused() throws IOException {
        write(100);
        byte[] content = Files.readAllBytes(file(2));
        change(file(2), content.length - 700, new byte[700]);
        assertThatThrownBy(() -> open(false))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(file(2) + " at byte")
                .hasMessageContaining("the next segment is in use");
    }

    @Test
    void aDamagedHeadIsRefused() throws IOException {
        write(10);
        flip(file(1), 9);
        assertRefused(file(1), 0, "the record that begins segment 1");
    }

    @Test
    void aMissingSegmentIsRefused() throws IOException {
        write(100);
        Files.delete(file(2));
        assertThatThrownBy(() -> open(false))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(file(2) + " is missing");
    }

    @Test
    void aMissingLastSegmentIsRefused() throws IOException {
        write(100);
        Path last = files().get(files().size() - 1);
        Files.delete(last);
        assertThatThrownBy(() -> open(false))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(last + " is missing");
    }

    @Test
    void aMissingFirstSegmentWithLiveEntriesIsRefused() throws IOException {
        write(100);
        Files.delete(file(1));
        assertThatThrownBy(() -> open(false))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining("entry 1 of group 0 is in none of the segments");
    }

    @Test
    void aMissingLogIsRefusedUnlessItMayBeCreated() throws IOException {
        write(10);
        Files.delete(file(1));
        assertThatThrownBy(() -> open(false))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining("does not exist");
        open(true).close();
    }

    @Test
    void aSegmentUnderTheNameOfAnotherIsRefused() throws IOException {
        write(100);
        Files.copy(file(1), file(2), StandardCopyOption.REPLACE_EXISTING);
        assertRefused(file(2), 0, "the record that begins segment 2");
    }

    @Test
    void aRecordAtAnotherOffsetIsRefused() throws IOException {
        write(10);
        byte[] content = Files.readAllBytes(file(1));
        change(file(1), offset(5), Arrays.copyOfRange(content, offset(4), offset(5)));
        assertRefused(file(1), offset(5), "a record");
    }

    @Test
    void aSegmentWhoseCreationWasNotFinishedIsDiscarded() throws IOException {
        write(10);
        Files.write(file(2), new byte[20]);
        try (SegmentLog log = open(false)) {
            assertThat(log.lastIndex(0)).isEqualTo(10);
            assertThat(files()).containsExactly(file(1));
            log.append(0, 11, List.of(entry(11)));
        }
    }

    @Test
    void anEntryThatContainsALogIsNotParsedAsRecords() throws IOException {
        write(4);
        byte[] copied = Files.readAllBytes(file(1));
        Files.delete(file(1));
        try (SegmentLog log = open(true)) {
            // Its content is a whole log, after the offset at which the last write was not finished.
            log.append(0, 1, List.of(entry(1)));
            log.append(0, 2, List.of(Arrays.copyOf(copied, offset(4))));
        }
        flip(file(1), offset(1) + 1);
        try (SegmentLog log = open(false)) {
            assertThat(log.lastIndex(0)).isEqualTo(1);
        }
    }

    @Test
    void anEntryThatIsDamagedWhileTheLogIsOpenIsNotReturned() throws IOException {
        write(3);
        try (SegmentLog log = open(false)) {
            try (var file = new RandomAccessFile(file(1).toFile(), "rw")) {
                file.seek(offset(1) + 60);
                file.write("damage".getBytes(UTF_8));
            }
            assertThat(log.read(0, 1)).isPresent();
            assertThatThrownBy(() -> log.read(0, 2))
                    .isInstanceOf(DamagedLogException.class)
                    .hasMessageContaining("entry 2 of group 0");
        }
    }

    @Test
    void aFlippedBitIsDetectedAtEveryByte() throws IOException {
        write(6);
        byte[] intact = Files.readAllBytes(file(1));
        List<Integer> undetected = new ArrayList<>();
        for (int at = 0; at < offset(5); at++) {
            byte[] damaged = intact.clone();
            damaged[at] ^= (byte) (1 << at % 8);
            Files.write(file(1), damaged);
            try {
                open(false).close();
                undetected.add(at);
            } catch (DamagedLogException detected) {
                // as expected
            }
        }
        assertThat(undetected).allMatch(DamageTest::isPadding);
    }

    private static boolean isPadding(int at) {
        int offsetInRecord = (at - offset(0)) % LogRecord.bytes(100);
        return at >= offset(0) && offsetInRecord >= LogRecord.HEADER_BYTES + 100;
    }
}

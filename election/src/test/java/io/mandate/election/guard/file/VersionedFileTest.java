package io.mandate.election.guard.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.StoppedTerm;
import io.mandate.election.internal.TermAccess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionedFileTest {
    @TempDir
    private Path directory;

    private Path path;
    private Path versions;
    private VersionedFile file;

    @BeforeEach
    void open() {
        path = directory.resolve("state");
        versions = directory.resolve("state.versions");
        file = VersionedFile.at(path);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] incremented(Optional<FileVersion> current) {
        return bytes(Integer.toString(
                1 + current.map(FileVersion::text).map(Integer::parseInt).orElse(0)));
    }

    private FileVersion present() {
        return file.read().orElseThrow();
    }

    private List<String> names(Path where) throws IOException {
        try (var files = Files.list(where)) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileThatWasNeverWrittenHasNoVersionAndReadingItMakesNothing() throws IOException {
        assertThat(file.read()).isEmpty();
        assertThat(names(directory)).isEmpty();
    }

    @Test
    void whatIsWrittenUponTheExpectedVersionIsReadByOthers() {
        assertThat(file.write(FixedTerm.of(5), 0, bytes("one"))).isEqualTo(new FileWrite.Written(1));
        assertThat(file.write(FixedTerm.of(Long.MAX_VALUE), 1, bytes("two\n\0")))
                .isEqualTo(new FileWrite.Written(2));
        FileVersion read = VersionedFile.at(path).read().orElseThrow();
        assertThat(read.version()).isEqualTo(2);
        assertThat(read.token()).isEqualTo(Long.MAX_VALUE);
        assertThat(read.text()).isEqualTo("two\n\0");
        assertThat(read.bytes()).isEqualTo(bytes("two\n\0"));
        assertThat(read.buffer().isReadOnly()).isTrue();
    }

    @Test
    void whatTheCallerDoesToItsArraysLaterChangesNothing() {
        byte[] content = bytes("one");
        file.update(FixedTerm.of(5), none -> content);
        FileVersion read = present();
        content[0] = 'x';
        read.bytes()[0] = 'x';
        assertThat(read.text()).isEqualTo("one");
        assertThat(present().text()).isEqualTo("one");
    }

    @Test
    void aWriteUponAnotherVersionIsAConflictAndShowsWhatIsThere() {
        assertThat(file.write(FixedTerm.of(5), 1, bytes("x"))).isEqualTo(new FileWrite.Conflict(null));
        file.write(FixedTerm.of(5), 0, bytes("one"));
        for (long expected : new long[] {0, 2, Long.MAX_VALUE}) {
            assertThat(file.write(FixedTerm.of(5), expected, bytes("other")))
                    .isInstanceOfSatisfying(
                            FileWrite.Conflict.class,
                            conflict -> assertThat(conflict.present())
                                    .isNotNull()
                                    .extracting(FileVersion::text)
                                    .isEqualTo("one"));
        }
        assertThat(present().text()).isEqualTo("one");
    }

    @Test
    void aStaleTokenIsRefusedAfterALargerOneAndItsTermEnds() {
        Term old = FixedTerm.of(5);
        file.write(old, 0, bytes("old"));
        file.write(FixedTerm.of(7), 1, bytes("new"));
        assertThatThrownBy(() -> file.write(old, 2, bytes("late")))
                .isInstanceOfSatisfying(StaleTokenException.class, stale -> {
                    assertThat(stale.token()).isEqualTo(5);
                    assertThat(stale.largestToken()).isEqualTo(7);
                });
        assertThat(old.ended()).isCompletedWithValue(TermEnd.SUPERSEDED);
        assertThatThrownBy(() -> file.update(FixedTerm.of(6), VersionedFileTest::incremented))
                .isInstanceOf(StaleTokenException.class);
        assertThatThrownBy(() -> file.once(FixedTerm.of(6), "late", none -> FileEffect.of("late", "")))
                .isInstanceOf(StaleTokenException.class);
        assertThatThrownBy(() -> file.fence(FixedTerm.of(6))).isInstanceOf(StaleTokenException.class);
        assertThat(present().text()).isEqualTo("new");
    }

    @Test
    void aTermThatIsOverWritesNothing() {
        Term over = FixedTerm.of(5);
        TermAccess.superseded(over);
        assertThatThrownBy(() -> file.write(over, 0, bytes("x"))).isInstanceOf(TermEndedException.class);
        assertThat(file.read()).isEmpty();
    }

    @Test
    void aTermThatEndsWhileItsWriteIsPreparedWritesNothing() throws IOException {
        Term term = FixedTerm.of(5);
        VersionedFile slow = FilesForTests.at(path, 8, step -> {
            if (step == WriteStep.FORCED) {
                TermAccess.superseded(term);
            }
        });
        assertThatThrownBy(() -> slow.write(term, 0, bytes("x"))).isInstanceOf(TermEndedException.class);
        assertThat(file.read()).isEmpty();
        assertThat(names(versions)).containsExactly("v0");
    }

    @Test
    void tokensOfAnotherElectionAreNotCompared() {
        file.write(FixedTerm.of(5), 0, bytes("one"));
        assertThatThrownBy(() -> file.write(StoppedTerm.of("another", "another-candidate", 9), 1, bytes("two")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("election 'billing'")
                .hasMessageContaining("'another'");
    }

    @Test
    void aFenceShutsOutEarlierTermsAndKeepsTheContent() {
        file.write(FixedTerm.of(5), 0, bytes("kept"));
        file.fence(FixedTerm.of(7));
        assertThat(present().text()).isEqualTo("kept");
        assertThatThrownBy(() -> file.write(FixedTerm.of(5), 2, bytes("late"))).isInstanceOf(StaleTokenException.class);
        file.fence(FixedTerm.of(7));
        assertThat(present().version()).isEqualTo(2);
    }

    @Test
    void aFenceHoldsAlsoBeforeTheFirstWrite() {
        file.fence(FixedTerm.of(7));
        assertThat(present().text()).isEmpty();
        assertThatThrownBy(() -> file.write(FixedTerm.of(5), 0, bytes("late"))).isInstanceOf(StaleTokenException.class);
    }

    @Test
    void theNewestVersionsAreKeptAndTheOthersRemoved() throws IOException {
        for (int i = 0; i < 20; i++) {
            file.update(FixedTerm.of(5), VersionedFileTest::incremented);
        }
        assertThat(names(versions)).containsExactly("v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20");
        assertThat(names(directory)).containsExactly("state", "state.versions");
    }

    @Test
    void otherProgramsReadThePlainCopy() throws IOException {
        file.write(FixedTerm.of(5), 0, bytes("one"));
        assertThat(path).hasContent("one");
        Files.writeString(path, "changed by hand");
        assertThat(present().text()).isEqualTo("one");
        file.write(FixedTerm.of(5), 1, bytes("two"));
        assertThat(path).hasContent("two");
    }

    @Test
    void withoutThePlainCopyTheFileAtThePathIsLeftAlone() throws IOException {
        Files.writeString(path, "mine");
        VersionedFile alone = file.withoutPlainCopy();
        alone.write(FixedTerm.of(5), 0, bytes("one"));
        assertThat(path).hasContent("mine");
        assertThat(alone.read().orElseThrow().text()).isEqualTo("one");
    }

    @Test
    void aFileWithoutVersionsIsNeitherTakenForEmptyNorOverwritten() throws IOException {
        file.write(FixedTerm.of(5), 0, bytes("one"));
        Files.move(versions, directory.resolve("elsewhere"));
        assertThatThrownBy(() -> file.read())
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("its versions are not");
        assertThatThrownBy(() -> file.write(FixedTerm.of(4), 0, bytes("stale")))
                .hasMessageContaining("its versions are not");
        assertThat(path).hasContent("one");
    }

    @Test
    void aPlainCopyThatFailsDoesNotFailTheWrite() throws IOException {
        file.write(FixedTerm.of(5), 0, bytes("one"));
        Files.delete(path);
        Files.createDirectories(path.resolve("in the way"));
        assertThat(file.write(FixedTerm.of(5), 1, bytes("two"))).isEqualTo(new FileWrite.Written(2));
        assertThat(present().text()).isEqualTo("two");
    }

    @Test
    void anOperationIsDoneOnceAlsoByALaterLeader() {
        AtomicInteger runs = new AtomicInteger();
        for (long token = 5; token < 8; token++) {
            String result = file.once(FixedTerm.of(token), "invoice 7\n", current -> {
                runs.incrementAndGet();
                return FileEffect.of(incremented(current), "done as " + runs.get());
            });
            assertThat(result).isEqualTo("done as 1");
        }
        file.update(FixedTerm.of(8), VersionedFileTest::incremented);
        file.fence(FixedTerm.of(9));
        assertThat(file.once(FixedTerm.of(9), "invoice 7\n", current -> FileEffect.of("", "again")))
                .isEqualTo("done as 1");
        assertThat(runs).hasValue(1);
        assertThat(present().text()).isEqualTo("2");
    }

    @Test
    void anOperationThatFailsIsNotRecorded() {
        assertThatThrownBy(() -> file.once(FixedTerm.of(5), "a", current -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(file.once(FixedTerm.of(5), "a", current -> FileEffect.of("1", "yes")))
                .isEqualTo("yes");
    }

    private static String once(VersionedFile file, String id, String result) {
        return file.once(FixedTerm.of(5), id, current -> FileEffect.of(result, result));
    }

    @Test
    void operationsAreRememberedForAWhile() {
        SettableClock clock = new SettableClock();
        VersionedFile timed = VersionedFile.at(path, FilesForTests.options(clock))
                .retaining(Duration.ofDays(1), 64)
                .withoutPlainCopy();
        once(timed, "a", "first");
        clock.pass(Duration.ofDays(1));
        for (int i = 0; i < FileOptions.RETENTION_COUNT_MIN; i++) {
            once(timed, "b" + i, "");
        }
        assertThat(once(timed, "a", "second")).isEqualTo("first");
        clock.pass(Duration.ofMillis(1));
        once(timed, "c", "");
        assertThat(once(timed, "a", "second")).isEqualTo("second");
    }

    @Test
    void soManyOperationsAreRemembered() {
        VersionedFile few =
                VersionedFile.at(path).retaining(Duration.ofDays(1), 3).withoutPlainCopy();
        for (String id : List.of("a", "b", "c")) {
            once(few, id, "first");
        }
        assertThat(once(few, "a", "second")).isEqualTo("first");
        once(few, "d", "");
        assertThat(once(few, "a", "second")).isEqualTo("second");
    }

    /** A machine without a battery begins at 1970; another's clock may have been set to the next century. */
    @Test
    void whatWasDoneLastIsRememberedWhateverTheClocksOfTwoLeadersSay() {
        SettableClock behind = new SettableClock();
        SettableClock right = new SettableClock();
        right.pass(Duration.ofDays(20_000));
        VersionedFile before = VersionedFile.at(path, FilesForTests.options(behind));
        VersionedFile after = VersionedFile.at(path, FilesForTests.options(right));
        once(before, "order-4711", "first");
        after.fence(FixedTerm.of(6));
        assertThat(after.once(FixedTerm.of(6), "order-4711", current -> FileEffect.of("again", "again")))
                .isEqualTo("first");
    }

    @Test
    void damageIsRefusedAndNothingIsWrittenOverIt() throws IOException {
        file.once(FixedTerm.of(5), "id", none -> FileEffect.of("precious content", "result"));
        Path version = versions.resolve("v1");
        byte[] right = Files.readAllBytes(version);
        for (int bit = 0; bit < 8 * right.length; bit++) {
            byte[] wrong = right.clone();
            wrong[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(version, wrong);
            assertThatThrownBy(() -> file.read()).as("bit %d", bit).isInstanceOf(FileDamagedException.class);
        }
        for (int length = 0; length < right.length; length++) {
            Files.write(version, Arrays.copyOf(right, length));
            assertThatThrownBy(() -> file.update(FixedTerm.of(9), current -> bytes("new")))
                    .as("length %d", length)
                    .isInstanceOf(FileDamagedException.class)
                    .hasMessageContaining("v1 is damaged");
        }
        Files.write(version, Arrays.copyOf(right, right.length + 1));
        assertThatThrownBy(() -> file.read()).isInstanceOf(FileDamagedException.class);
        Files.write(version, right);
        assertThat(present().text()).isEqualTo("precious content");
        assertThat(names(versions)).containsExactly("v0", "v1");
    }

    @Test
    void aVersionUnderTheNameOfAnotherIsDamage() throws IOException {
        file.write(FixedTerm.of(5), 0, bytes("one"));
        Files.copy(versions.resolve("v1"), versions.resolve("v2"));
        assertThatThrownBy(() -> file.read())
                .isInstanceOf(FileDamagedException.class)
                .hasMessageContaining("it says that it is version 1");
    }

    @Test
    void aFileThatIsTooLargeToBeOursIsNotReadIntoMemory() throws IOException {
        file.write(FixedTerm.of(5), 0, bytes("one"));
        try (var channel = Files.newByteChannel(
                versions.resolve("v2"),
                java.nio.file.StandardOpenOption.CREATE_NEW,
                java.nio.file.StandardOpenOption.WRITE)) {
            channel.position(Revision.FILE_BYTES_MAX).write(java.nio.ByteBuffer.wrap(new byte[1]));
        }
        assertThatThrownBy(() -> file.read())
                .isInstanceOf(FileDamagedException.class)
                .hasMessageContaining("none was written with more than " + Revision.FILE_BYTES_MAX);
    }

    @Test
    void whatDeadWritersLeftIsRemovedByTheNextWriteAndOtherFilesAreNot() throws IOException {
        file.write(FixedTerm.of(5), 0, bytes("1"));
        for (String left : List.of("unfinished-1-a", "unfinished-2-b", "copy-1-c", "copy-0-d", "notes", "v-2", "v03")) {
            Files.writeString(versions.resolve(left), "");
        }
        Path unused = Files.createDirectory(directory.resolve("state.versions-new-e"));
        Files.writeString(unused.resolve("v0"), "");
        VersionedFile.at(path).write(FixedTerm.of(5), 1, bytes("2"));
        assertThat(names(versions)).containsExactly("notes", "v-2", "v0", "v03", "v1", "v2");
        assertThat(names(directory)).containsExactly("state", "state.versions");
    }

    @Test
    void aWriterThatIsInterruptedHasWrittenNothingOrAllOfIt() {
        for (WriteStep at : WriteStep.values()) {
            AtomicBoolean once = new AtomicBoolean();
            VersionedFile interrupted = FilesForTests.at(path, 8, step -> {
                if (step == at && once.compareAndSet(false, true)) {
                    Thread.currentThread().interrupt();
                }
            });
            long before = file.read().map(FileVersion::version).orElse(0L);
            boolean written = true;
            try {
                interrupted.update(FixedTerm.of(5), current -> bytes(at.name()));
            } catch (UncheckedIOException refused) {
                assertThat(refused).hasMessageContaining("nothing was written");
                written = false;
            }
            assertThat(Thread.interrupted()).as("still interrupted at %s", at).isTrue();
            assertThat(file.read().map(FileVersion::version).orElse(0L))
                    .as(at.name())
                    .isEqualTo(before + (written ? 1 : 0));
            assertThat(written).as(at.name()).isEqualTo(at.compareTo(WriteStep.FORCED) >= 0);
        }
        assertThat(path).hasContent(WriteStep.COPIED.name());
    }

    @Test
    void whatIsOutOfBoundsIsRefusedWithItsBound() {
        Term term = FixedTerm.of(5);
        assertThatThrownBy(() -> file.once(term, "x".repeat(201), current -> FileEffect.of("", "")))
                .hasMessageContaining("200");
        assertThatThrownBy(() -> file.once(term, "", current -> FileEffect.of("", "")))
                .hasMessageContaining("between 1");
        assertThatThrownBy(() -> file.once(term, "x\ud800", current -> FileEffect.of("", "")))
                .hasMessageContaining("surrogate");
        assertThatThrownBy(() -> file.once(term, "x", current -> FileEffect.of("", "r".repeat(4_097))))
                .hasMessageContaining("4096");
        assertThatThrownBy(() -> file.write(term, 0, new byte[VersionedFile.CONTENT_BYTES_MAX + 1]))
                .hasMessageContaining("" + VersionedFile.CONTENT_BYTES_MAX);
        assertThatThrownBy(() -> file.write(term, -1, new byte[0])).hasMessageContaining("-1");
        assertThatThrownBy(() -> file.retaining(Duration.ofDays(1), 1_025)).hasMessageContaining("1024");
        assertThatThrownBy(() -> file.retaining(Duration.ofMillis(1), 1)).hasMessageContaining("a second");
        assertThatThrownBy(() -> VersionedFile.at(Path.of("/"))).hasMessageContaining("names no file");
        assertThat(file.read()).isEmpty();
    }

    @Test
    void theLargestContentWithTheLargestHeadIsReadAgain() {
        VersionedFile many = file.retaining(Duration.ofDays(1), FileOptions.RETENTION_COUNT_MAX);
        List<CompletedOperation> operations = new java.util.ArrayList<>();
        for (int i = 0; i < FileOptions.RETENTION_COUNT_MAX; i++) {
            operations.add(new CompletedOperation(
                    "\u4e16".repeat(VersionedFile.OPERATION_ID_CHARS_MAX),
                    "r".repeat(VersionedFile.RESULT_BYTES_MAX),
                    java.time.Instant.ofEpochMilli(i)));
        }
        Revision largest =
                new Revision(1, 5, "billing", operations, FileContent.of(new byte[VersionedFile.CONTENT_BYTES_MAX]));
        assertThat(Revision.decode(largest.encoded(), 1, path)).isEqualTo(largest);
        many.write(FixedTerm.of(5), 0, new byte[VersionedFile.CONTENT_BYTES_MAX]);
        assertThat(present().bytes()).hasSize(VersionedFile.CONTENT_BYTES_MAX);
    }

    @Test
    void aDirectoryThatIsNotThereIsNamed() {
        assertThatThrownBy(
                        () -> VersionedFile.at(directory.resolve("none/state")).write(FixedTerm.of(5), 0, bytes("x")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("none");
    }

    @Test
    void networkFileSystemsAreRefused() throws IOException {
        assertThatThrownBy(() -> NetworkFileSystems.refuse(directory, "NFS4"))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("local file system");
        NetworkFileSystems.refuse(directory, "ext4");
    }
}

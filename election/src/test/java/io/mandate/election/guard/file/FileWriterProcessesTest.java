package io.mandate.election.guard.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mandate.election.guard.FixedTerm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real processes, killed and stopped by real signals. */
@Tag("integration")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class FileWriterProcessesTest {
    @TempDir
    private Path directory;

    private Path path;
    private VersionedFile file;

    @BeforeEach
    void open() throws Exception {
        path = Files.createDirectory(directory.resolve("work")).resolve("counter");
        file = VersionedFile.at(path);
    }

    private long number() {
        return file.read().map(FileVersion::text).map(Long::parseLong).orElse(0L);
    }

    @Test
    void everyAcknowledgedIncrementOfSeveralProcessesIsThere() throws Exception {
        int times = 40;
        List<WriterChild> children = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                children.add(WriterChild.start(directory, "count", path.toString(), "5", Integer.toString(times)));
            }
            for (WriterChild child : children) {
                child.lastAdded(0);
                assertThat(child.awaitEnd()).isZero();
            }
        } finally {
            for (WriterChild child : children) {
                child.close();
            }
        }
        assertThat(number()).isEqualTo(3L * times);
        assertThat(path).hasContent(Integer.toString(3 * times));
    }

    @Test
    void aKilledWriterLeavesWhatWasAcknowledgedOrOneMore() throws Exception {
        killWriters(5);
    }

    @Tag("long")
    @Test
    void aKilledWriterLeavesWhatWasAcknowledgedOrOneMoreForLonger() throws Exception {
        killWriters(300);
    }

    private void killWriters(int rounds) throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        long acknowledged = 0;
        for (int round = 0; round < rounds; round++) {
            try (WriterChild child = WriterChild.start(directory, "count", path.toString(), "5", "0")) {
                // The first writes begin the directory; later ones prune.
                for (int lines = random.nextInt(20); lines > 0; lines--) {
                    acknowledged = Long.parseLong(String.valueOf(child.line()).substring("added ".length()));
                }
                long spinUntil = System.nanoTime() + random.nextInt(3_000_000);
                while (System.nanoTime() < spinUntil) {
                    Thread.onSpinWait();
                }
                child.signal("KILL");
                acknowledged = child.lastAdded(acknowledged);
            }
            assertThat(number()).as("round %d, seed %d", round, seed).isBetween(acknowledged, acknowledged + 1);
        }
        FileWriterProcess.add(file, FixedTerm.of(5));
        try (var versions = Files.list(directory.resolve("work/counter.versions"))) {
            assertThat(versions.map(each -> each.getFileName().toString()))
                    .hasSizeLessThanOrEqualTo(FileOptions.VERSIONS_KEPT)
                    .allMatch(name -> name.startsWith("v"));
        }
        assertThat(path.getParent()).isDirectoryNotContaining("glob:**-new-*");
        assertThat(path).hasContent(Long.toString(number()));
    }

    @ParameterizedTest
    @EnumSource(
            value = WriteStep.class,
            names = {"COMPARED", "ANNOUNCED", "LOOKED", "FORCED"})
    void aLeaderThatWasStoppedBeforeItsWriteIsRefusedWhenItWakes(WriteStep step) throws Exception {
        FileWriterProcess.add(file, FixedTerm.of(1));
        try (WriterChild stale = WriterChild.start(directory, "stop", path.toString(), "5", step.name())) {
            int writes = writeWhileStopped(stale, step);
            stale.expect("refused 7");
            assertThat(stale.awaitEnd()).isZero();
            assertThat(number()).isEqualTo(1 + writes);
            assertThat(path).hasContent(Long.toString(number()));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WriteStep.class,
            names = {"LINKED", "OVERTAKEN", "COPY_LOOKED", "COPY_FORCED"})
    void aLeaderThatWasStoppedAfterItsWriteUndoesNothing(WriteStep step) throws Exception {
        FileWriterProcess.add(file, FixedTerm.of(1));
        try (WriterChild stale = WriterChild.start(directory, "stop", path.toString(), "5", step.name())) {
            int writes = writeWhileStopped(stale, step);
            stale.expect("added 2");
            assertThat(stale.awaitEnd()).isZero();
            assertThat(number()).isEqualTo(2 + writes);
            assertThat(path).hasContent(Long.toString(number()));
        }
    }

    /** So often that what the stopped process wanted to write has come and gone. */
    private int writeWhileStopped(WriterChild stale, WriteStep step) throws Exception {
        stale.expect("at " + step);
        stale.stop();
        int writes = 2 * FileOptions.VERSIONS_KEPT;
        for (int i = 0; i < writes; i++) {
            FileWriterProcess.add(file, FixedTerm.of(7));
        }
        stale.proceed();
        stale.signal("CONT");
        return writes;
    }

    @Test
    void aVersionIsForcedBeforeItIsNamedAndItsNameBeforeItIsAcknowledged() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "needs strace");
        Path trace = directory.resolve("trace");
        List<String> strace = List.of(
                "/usr/bin/strace",
                "-f",
                "-y",
                "-o",
                trace.toString(),
                "-e",
                "trace=fsync,fdatasync,link,linkat,rename,renameat,renameat2,write");
        try (WriterChild child = WriterChild.start(directory, strace, "count", path.toString(), "5", "2")) {
            child.lastAdded(0);
            assertThat(child.awaitEnd()).isZero();
        }
        List<String> calls = Files.readAllLines(trace).stream()
                .flatMap(call -> SystemCall.named(call).stream())
                .toList();
        assertThat(calls)
                .containsExactly(
                        "force new/v0",
                        "force new",
                        "rename new",
                        "force work",
                        "force unfinished-1",
                        "link v1",
                        "force versions",
                        "force copy-1",
                        "rename copy-1",
                        "say 1",
                        "force unfinished-2",
                        "link v2",
                        "force versions",
                        "force copy-2",
                        "rename copy-2",
                        "say 2");
    }
}

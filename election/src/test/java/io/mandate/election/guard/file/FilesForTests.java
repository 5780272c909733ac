package io.mandate.election.guard.file;

import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Consumer;

/** Versioned files that can be stopped at a step, or live by another clock. */
final class FilesForTests {
    private FilesForTests() {}

    static VersionedFile at(Path path, int versionsKept, Consumer<WriteStep> steps) {
        return VersionedFile.at(
                path,
                new FileOptions(
                        Clock.systemUTC(),
                        FileOptions.RETENTION_AGE_DEFAULT,
                        FileOptions.RETENTION_COUNT_DEFAULT,
                        true,
                        versionsKept,
                        steps));
    }

    static FileOptions options(Clock clock) {
        return new FileOptions(
                clock,
                FileOptions.RETENTION_AGE_DEFAULT,
                FileOptions.RETENTION_COUNT_DEFAULT,
                true,
                FileOptions.VERSIONS_KEPT,
                step -> {});
    }
}

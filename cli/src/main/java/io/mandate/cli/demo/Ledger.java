package io.mandate.cli.demo;

import io.mandate.election.Term;
import io.mandate.election.guard.file.FileVersion;
import io.mandate.election.guard.file.FileWrite;
import io.mandate.election.guard.file.VersionedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The file that the candidates work on: a line for each entry, numbered without gaps. */
interface Ledger {
    /** What a candidate has seen of it. */
    record Seen(String text, long version) {
        /** The entry that comes next. */
        String next(String writer) {
            return (text.lines().count() + 1) + " by " + writer;
        }
    }

    Seen read();

    /**
     * Adds a line to what was seen.
     *
     * @return false if somebody else was faster
     */
    boolean append(Term term, Seen seen, String line);

    /** Its lines, as they are now. */
    default List<String> lines() {
        return read().text().lines().toList();
    }

    /** Guarded: a {@link VersionedFile}. */
    record Guarded(VersionedFile file) implements Ledger {
        @Override
        public Seen read() {
            @Nullable FileVersion version = file.read().orElse(null);
            return version == null ? new Seen("", 0) : new Seen(version.text(), version.version());
        }

        @Override
        public boolean append(Term term, Seen seen, String line) {
            byte[] content = (seen.text() + line + "\n").getBytes(StandardCharsets.UTF_8);
            return file.write(term, seen.version(), content) instanceof FileWrite.Written;
        }
    }

    /** Not guarded: as most programs write files, in the belief that leading is enough. */
    record Plain(Path file) implements Ledger {
        @Override
        public Seen read() {
            try {
                return new Seen(Files.exists(file) ? Files.readString(file) : "", 0);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }

        @Override
        public boolean append(Term term, Seen seen, String line) {
            try {
                Files.writeString(file, seen.text() + line + "\n");
                return true;
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }
}

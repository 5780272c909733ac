package io.mandate.cli.demo;

import io.mandate.election.Term;
import io.mandate.election.guard.file.FileVersion;
import io.mandate.election.guard.file.FileWrite;
import io.mandate.election.guard.file.VersionedFile;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A ledger that is guarded: a {@link VersionedFile}. */
public record FileLedger(VersionedFile file) implements Ledger {
    @Override
    public Seen read() {
        Optional<FileVersion> version = file.read();
        return new Seen(
                version.map(FileVersion::text).orElse(""),
                Long.toString(version.map(FileVersion::version).orElse(0L)));
    }

    @Override
    public boolean append(Term term, Seen seen, String line) {
        byte[] content = seen.with(line).getBytes(StandardCharsets.UTF_8);
        return file.write(term, Long.parseLong(seen.version()), content) instanceof FileWrite.Written;
    }
}

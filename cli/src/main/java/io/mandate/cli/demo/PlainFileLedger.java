package io.mandate.cli.demo;

import io.mandate.election.Term;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A ledger without a guard: written as most programs write files, in the belief that leading is enough. */
public record PlainFileLedger(Path file) implements Ledger {
    @Override
    public Seen read() throws IOException {
        return new Seen(Files.exists(file) ? Files.readString(file) : "", "");
    }

    @Override
    public boolean append(Term term, Seen seen, String line) throws IOException {
        Files.writeString(file, seen.with(line));
        return true;
    }
}

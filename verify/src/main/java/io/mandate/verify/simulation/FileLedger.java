package io.mandate.verify.simulation;

import io.mandate.election.Term;
import io.mandate.election.guard.file.FileEffect;
import io.mandate.election.guard.file.FileVersion;
import io.mandate.election.guard.file.VersionedFile;
import io.mandate.verify.simulation.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A ledger in a {@link VersionedFile} on a simulated disk, where a writer can be stopped before any of its system
 * calls.
 */
final class FileLedger implements GuardedLedger {
    private final SimulatedDisk disk = new SimulatedDisk();
    private final Path path = disk.getPath("/ledger");
    private final PlantedGuardFault mistake;
    private int temporaries;

    /** @param step runs before each system call */
    FileLedger(PlantedGuardFault mistake, Runnable step) {
        this.mistake = mistake;
        disk.beforeEachCall(step);
        if (mistake == PlantedGuardFault.COMPARES_BEFORE) {
            disk.linkWithoutComparing();
        }
    }

    @Override
    public Writer open() {
        VersionedFile file = VersionedFile.at(path);
        return switch (mistake) {
            case REMOVED -> this::appendUnguarded;
            case FORGETS_OPERATIONS -> (term, entry) -> appendAgain(file, term, entry);
            default ->
                (term, entry) -> file.once(term, entry.operation(), present -> {
                    String text = text(present.map(FileVersion::text).orElse(""), entry);
                    return FileEffect.of(text, before(text));
                });
        };
    }

    private static String appendAgain(VersionedFile file, Term term, Entry entry) {
        FileVersion written = file.update(
                term, present -> bytes(text(present.map(FileVersion::text).orElse(""), entry)));
        return before(written.text());
    }

    private String appendUnguarded(Term term, Entry entry) throws IOException {
        String text = text(plain(), entry);
        temporaries++;
        Path temporary = disk.getPath("/temporary-" + temporaries);
        try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(bytes(text)));
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        return before(text);
    }

    private static String text(String present, Entry entry) {
        return present + entry.token() + " " + entry.operation() + "\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String before(String text) {
        return String.valueOf(text.lines().count() - 1);
    }

    private String plain() throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
            file.read(bytes);
            return new String(bytes.array(), StandardCharsets.UTF_8);
        } catch (NoSuchFileException none) {
            return "";
        }
    }

    @Override
    public List<Entry> entries() {
        try {
            String text = mistake == PlantedGuardFault.REMOVED
                    ? plain()
                    : VersionedFile.at(path).read().map(FileVersion::text).orElse("");
            return text.lines()
                    .map(line -> line.split(" ", 2))
                    .map(parts -> new Entry(Long.parseLong(parts[0]), parts[1]))
                    .toList();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    @Override
    public void close() {
        // The disk is in memory, and goes with this.
    }
}

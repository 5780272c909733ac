package io.mandate.election.guard.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory that a file's versions are in: its names, and what is the newest. {@link VersionedFile} says why it is
 * right. Thread-safe.
 */
final class VersionDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(VersionDirectory.class);

    /** What files are called, before the number of a version. Others are left alone. */
    enum Kind {
        VERSION("v"),
        UNFINISHED("unfinished-"),
        COPY("copy-");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }
    }

    /** A file that belongs to a version. */
    record Member(long version, Path file) {}

    /**
     * Opening a file fails if so many versions came since it was listed that it is gone; for so long that does not
     * happen by chance.
     */
    private static final long LOOK_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

    private static final long LOOK_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Path plain;
    private final Path directory;
    private final FileOptions options;

    /** The newest version that is known to survive a loss of power. */
    private final AtomicLong durable = new AtomicLong();

    private volatile boolean prepared;

    /**
     * The versions of a file.
     *
     * @param plain absolute
     */
    VersionDirectory(Path plain, FileOptions options) {
        this.plain = plain;
        this.directory = plain.resolveSibling(plain.getFileName() + ".versions");
        this.options = options;
    }

    Path plain() {
        return plain;
    }

    Path path(long version) {
        return directory.resolve(Kind.VERSION.prefix + version);
    }

    /** A name that nobody else has. */
    Path temporary(Kind kind, long version) {
        return directory.resolve(kind.prefix + version + "-" + UUID.randomUUID());
    }

    /** The newest version. Before anybody is told of it, it is made to survive a loss of power. */
    Revision newest() throws IOException {
        long began = System.nanoTime();
        while (true) {
            Optional<List<Path>> files = Disk.list(directory);
            options.steps().accept(WriteStep.LISTED);
            if (files.isEmpty() && !isForeign()) {
                return Revision.NONE;
            }
            OptionalLong largest = largest(files.orElse(List.of()));
            if (largest.isPresent()) {
                long version = largest.getAsLong();
                Optional<byte[]> bytes = Disk.read(path(version), Revision.FILE_BYTES_MAX);
                if (bytes.isPresent()) {
                    makeDurable(version);
                    return Revision.decode(bytes.get(), version, path(version));
                }
            }
            pause(began);
        }
    }

    /** Whether this version is what {@link #newest} would find. */
    boolean isNewest(long version) throws IOException {
        long began = System.nanoTime();
        while (true) {
            OptionalLong largest = largest(Disk.list(directory).orElse(List.of()));
            options.steps().accept(WriteStep.LISTED);
            if (largest.isPresent() && Files.exists(path(largest.getAsLong()))) {
                return largest.getAsLong() == version;
            }
            pause(began);
        }
    }

    private static OptionalLong largest(List<Path> files) {
        return members(Kind.VERSION, files).stream().mapToLong(Member::version).max();
    }

    /** Files of a kind, in the order of their versions. */
    List<Member> members(Kind kind) throws IOException {
        return members(kind, Disk.list(directory).orElse(List.of()));
    }

    private static List<Member> members(Kind kind, List<Path> files) {
        List<Member> members = new ArrayList<>();
        for (Path file : files) {
            String name = file.getFileName().toString();
            if (name.startsWith(kind.prefix)) {
                String number = name.substring(kind.prefix.length()).split("-", 2)[0];
                if (number.matches("0|[1-9]\\d{0,17}")) {
                    members.add(new Member(Long.parseLong(number), file));
                }
            }
        }
        members.sort(Comparator.comparingLong(Member::version));
        return members;
    }

    /**
     * Whether there is a file that no version is known of. To overwrite it could be a loss, and to begin anew could let
     * a stale token in.
     */
    private boolean isForeign() throws IOException {
        if (!options.plainCopy() || Files.notExists(plain) || Files.exists(directory)) {
            return false;
        }
        throw new FileSystemException(
                plain.toString(),
                directory.toString(),
                "the file is there, but its versions are not: if it was guarded before, restore them from a "
                        + "backup; if not, move it away, and write its content as the first version");
    }

    private void pause(long beganNanos) throws IOException {
        if (System.nanoTime() - beganNanos > LOOK_NANOS_MAX) {
            throw new FileSystemException(
                    directory.toString(),
                    null,
                    "no version was to be found for " + TimeUnit.NANOSECONDS.toSeconds(LOOK_NANOS_MAX)
                            + " s: if they have been removed, restore them from a backup; if the directory was "
                            + "never used, remove it; if others write all the time, have them write "
                            + "less often");
        }
        LockSupport.parkNanos(LOOK_PAUSE_NANOS);
    }

    void makeDurable(long version) throws IOException {
        if (version > durable.get()) {
            Disk.forceDirectory(directory);
            durable.accumulateAndGet(version, Math::max);
        }
    }

    /** Makes the directory if there is none, with version 0 in it. To be called before the first write. */
    void prepare() throws IOException {
        if (prepared) {
            return;
        }
        Path parent = directory.resolveSibling("");
        NetworkFileSystems.refuse(parent);
        String fresh = directory.getFileName() + "-new-";
        if (Files.notExists(directory)) {
            begin(directory.resolveSibling(fresh + UUID.randomUUID()));
        }
        // Whose maker died, or comes too late: the directory is there.
        for (Path file : Disk.list(parent).orElse(List.of())) {
            if (file.getFileName().toString().startsWith(fresh)) {
                discard(file);
            }
        }
        Disk.forceDirectory(parent);
        prepared = true;
    }

    /**
     * A directory can be moved over another one only if that is empty, which this one never is again: so it is begun
     * once.
     */
    private void begin(Path fresh) throws IOException {
        Files.createDirectory(fresh);
        try {
            Path first = fresh.resolve(path(0).getFileName());
            try (FileChannel file = FileChannel.open(first, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                Disk.writeAndForce(file, Revision.NONE.encoded());
            }
            Disk.forceDirectory(fresh);
            Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException failed) {
            if (Files.notExists(directory)) {
                throw failed;
            }
        } finally {
            discard(fresh);
        }
    }

    private void discard(Path fresh) throws IOException {
        try {
            Files.deleteIfExists(fresh.resolve(path(0).getFileName()));
            Files.deleteIfExists(fresh);
        } catch (DirectoryNotEmptyException beingMade) {
            LOG.debug("directory-left-to-its-maker file={}", fresh);
        }
    }
}

package io.mandate.election.guard.file;

import io.mandate.election.Term;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a version comes to be, and the old ones go. {@link VersionedFile} says why in this order. Thread-safe. */
final class Publication {
    private static final Logger LOG = LoggerFactory.getLogger(Publication.class);

    private final VersionDirectory directory;
    private final FileOptions options;

    Publication(VersionDirectory directory, FileOptions options) {
        this.directory = directory;
        this.options = options;
    }

    /**
     * Makes a version, if the one before it is still the newest.
     *
     * @return false if it is not; nothing was written
     * @throws io.mandate.election.TermEndedException if the term is over by its own deadline; nothing was written
     * @throws IOException nothing was written, unless the message says so
     */
    boolean publish(Term term, Revision next) throws IOException {
        directory.prepare();
        if (!name(term, next)) {
            return false;
        }
        try {
            Disk.uninterrupted(() -> directory.makeDurable(next.version()));
        } catch (IOException failed) {
            throw new IOException(
                    directory.path(next.version())
                            + " was written, but whether it survives a loss of power is not known: see to the "
                            + "disk, then read the file again",
                    failed);
        }
        passed(WriteStep.DURABLE);
        tidy(next);
        return true;
    }

    /** Writes the version under another name, and gives it its own. */
    private boolean name(Term term, Revision next) throws IOException {
        Path unfinished = directory.temporary(VersionDirectory.Kind.UNFINISHED, next.version());
        try (FileChannel file = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            passed(WriteStep.ANNOUNCED);
            if (!directory.isNewest(next.version() - 1)) {
                return false;
            }
            passed(WriteStep.LOOKED);
            Disk.writeAndForce(file, next.encoded());
            passed(WriteStep.FORCED);
            term.requireValid(Duration.ZERO);
            return link(directory.path(next.version()), unfinished);
        } finally {
            discard(unfinished);
        }
    }

    private boolean link(Path version, Path unfinished) throws IOException {
        try {
            Files.createLink(version, unfinished);
        } catch (FileAlreadyExistsException | NoSuchFileException overtaken) {
            return false;
        } catch (FileSystemException | UnsupportedOperationException refused) {
            throw new IOException(
                    version
                            + " could not be made by a hard link: use a local file system that has them, such "
                            + "as ext4, XFS or Btrfs",
                    refused);
        }
        passed(WriteStep.LINKED);
        return true;
    }

    /** What fails here does not undo the write, and the next one does it again. */
    private void tidy(Revision newest) {
        try {
            Disk.uninterrupted(() -> {
                overtake(newest.version());
                prune(newest.version() - options.versionsKept());
                if (options.plainCopy()) {
                    copy(newest);
                }
            });
        } catch (IOException failed) {
            LOG.warn(
                    "file-not-tidied file={} version={}: old versions may be left, and the plain file may be old",
                    directory.plain(),
                    newest.version(),
                    failed);
        }
    }

    /** Takes their unfinished files from writers that come too late, or have died. */
    private void overtake(long newest) throws IOException {
        for (VersionDirectory.Member unfinished : directory.members(VersionDirectory.Kind.UNFINISHED)) {
            if (unfinished.version() <= newest) {
                Files.deleteIfExists(unfinished.file());
            }
        }
        for (VersionDirectory.Member copy : directory.members(VersionDirectory.Kind.COPY)) {
            if (copy.version() < newest) {
                Files.deleteIfExists(copy.file());
            }
        }
        passed(WriteStep.OVERTAKEN);
    }

    /** The older first, so that whoever finds a version there knows that no later one is gone. */
    private void prune(long upTo) throws IOException {
        for (VersionDirectory.Member version : directory.members(VersionDirectory.Kind.VERSION)) {
            if (version.version() <= upTo) {
                Files.deleteIfExists(version.file());
            }
        }
        passed(WriteStep.PRUNED);
    }

    private void copy(Revision newest) throws IOException {
        Path copy = directory.temporary(VersionDirectory.Kind.COPY, newest.version());
        try (FileChannel file = FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            passed(WriteStep.COPY_ANNOUNCED);
            if (!directory.isNewest(newest.version())) {
                return;
            }
            passed(WriteStep.COPY_LOOKED);
            Disk.writeAndForce(file, newest.content().bytes());
            passed(WriteStep.COPY_FORCED);
            rename(copy);
        } finally {
            discard(copy);
        }
    }

    private void rename(Path copy) throws IOException {
        try {
            Files.move(copy, directory.plain(), StandardCopyOption.ATOMIC_MOVE);
            passed(WriteStep.COPIED);
        } catch (NoSuchFileException overtaken) {
            LOG.debug("copy-overtaken file={}", directory.plain());
        }
    }

    private static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failed) {
            LOG.warn("file-not-removed file={}: the next write removes it", file, failed);
        }
    }

    private void passed(WriteStep step) {
        options.steps().accept(step);
    }
}

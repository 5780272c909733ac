package io.mandate.election.guard.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/** The directory in which the versions of a file are: what is done to the disk, and in which order. */
final class VersionDirectory {
    private static final String VERSION = "v";
    private static final String UNFINISHED = "unfinished-";

    /** Of writers that died; one that is still writing after so long finds its work gone and fails. */
    private static final Duration UNFINISHED_AGE_MAX = Duration.ofHours(1);

    private final Path directory;

    VersionDirectory(Path directory) throws IOException {
        this.directory = directory;
        if (Files.notExists(directory)) {
            Files.createDirectories(directory);
            Path parent = directory.toAbsolutePath().getParent();
            if (parent != null) {
                force(parent);
            }
        }
    }

    Path path(long version) {
        return directory.resolve(VERSION + version);
    }

    /** The versions that are there, in order. What was there before this began is among them. */
    List<Long> versions() throws IOException {
        List<Long> versions = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, VERSION + "[0-9]*")) {
            for (Path file : files) {
                String number = file.getFileName().toString().substring(VERSION.length());
                if (number.matches("[1-9]\\d{0,17}")) {
                    versions.add(Long.parseLong(number));
                }
            }
        }
        Collections.sort(versions);
        return versions;
    }

    /**
     * Puts bytes there as a version, all at once: they are on the disk before they can be seen.
     *
     * @return false if there is such a version
     */
    boolean publish(long version, byte[] bytes) throws IOException {
        Path unfinished = directory.resolve(UNFINISHED + UUID.randomUUID());
        try {
            try (FileChannel file =
                    FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    file.write(buffer);
                }
                file.force(true);
            }
            // link(2) fails if the name is taken, unlike rename(2): it is the compare-and-set of file systems.
            Files.createLink(path(version), unfinished);
            force(directory);
            return true;
        } catch (FileAlreadyExistsException taken) {
            return false;
        } catch (UnsupportedOperationException noLinks) {
            throw new IOException(
                    "the file system of " + directory + " has no hard links: use one that does, such as ext4 or XFS",
                    noLinks);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    /** Deletes versions up to this one, and what dead writers left. */
    void prune(long upTo) throws IOException {
        for (long version : versions()) {
            if (version <= upTo) {
                Files.deleteIfExists(path(version));
            }
        }
        Instant old = Instant.now().minus(UNFINISHED_AGE_MAX);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, UNFINISHED + "*")) {
            for (Path file : files) {
                if (isOlder(file, old)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static boolean isOlder(Path file, Instant than) throws IOException {
        try {
            return Files.getLastModifiedTime(file).toInstant().isBefore(than);
        } catch (NoSuchFileException finished) {
            return false;
        }
    }

    /** Makes names durable: a file that was forced may still be lost with its name. */
    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}

package io.mandate.election.guard.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What java.nio offers, in the steps that a guard takes. */
final class Disk {
    /** A step on the disk. */
    interface Step {
        void run() throws IOException;
    }

    private Disk() {}

    static void writeAndForce(FileChannel file, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        file.force(true);
    }

    /** Makes the names in a directory survive a loss of power: forcing a file does not do that for its name. */
    static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Every file that is in the directory from before this call until after it, and perhaps some that are not; empty if
     * there is no such directory.
     */
    static Optional<List<Path>> list(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            List<Path> all = new ArrayList<>();
            files.forEach(all::add);
            return Optional.of(all);
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (DirectoryIteratorException failed) {
            throw failed.getCause();
        }
    }

    /**
     * All bytes of a file; empty if there is no such file.
     *
     * @throws FileDamagedException if there are more than so many
     */
    static Optional<byte[]> read(Path file, int bytesMax) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() > bytesMax) {
                throw new FileDamagedException(
                        file, "it has " + channel.size() + " bytes, and none was written with more than " + bytesMax);
            }
            ByteBuffer buffer = ByteBuffer.allocate((int) channel.size());
            int read = 0;
            while (read >= 0 && buffer.hasRemaining()) {
                read = channel.read(buffer);
            }
            return Optional.of(buffer.array());
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
    }

    /** Goes through with a step that can be repeated: the channels of an interrupted thread are closed under it. */
    static void uninterrupted(Step step) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (!finished(step)) {
                interrupted = true;
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean finished(Step step) throws IOException {
        try {
            step.run();
            return true;
        } catch (ClosedByInterruptException again) {
            return !Thread.interrupted();
        }
    }
}

package io.mandate.server.log;

import io.mandate.server.meter.Histogram;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The directory of a log in a file system. */
final class DirectoryDisk implements LogDisk {
    private final Path directory;
    private final Histogram forces;

    DirectoryDisk(Path directory, Histogram forces) {
        this.directory = directory;
        this.forces = forces;
    }

    /** Opens a directory, which is created durably if it does not exist. */
    static DirectoryDisk at(Path directory, Histogram forces) throws IOException {
        if (!Files.isDirectory(directory)) {
            Path parent = Objects.requireNonNull(directory.toAbsolutePath().getParent());
            Files.createDirectories(directory);
            force(parent);
        }
        return new DirectoryDisk(directory, forces);
    }

    @Override
    public List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }

    @Override
    public LogFile create(String name) throws IOException {
        return new DiskFile(directory.resolve(name), StandardOpenOption.CREATE_NEW, forces);
    }

    @Override
    public LogFile open(String name) throws IOException {
        return new DiskFile(directory.resolve(name), StandardOpenOption.WRITE, forces);
    }

    @Override
    public void delete(String name) throws IOException {
        Files.delete(directory.resolve(name));
    }

    @Override
    public void force() throws IOException {
        force(directory);
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }

    /**
     * Written through a channel, whose force is {@code fdatasync}; read through a separate handle, because the
     * interrupt of a thread that reads from a channel closes it for all threads.
     */
    private static final class DiskFile implements LogFile {
        private final FileChannel channel;
        private final RandomAccessFile handle;
        private final Histogram forces;

        DiskFile(Path file, StandardOpenOption option, Histogram forces) throws IOException {
            this.forces = forces;
            this.channel = FileChannel.open(file, option, StandardOpenOption.WRITE);
            try {
                this.handle = new RandomAccessFile(file.toFile(), "r");
            } catch (IOException failed) {
                channel.close();
                throw failed;
            }
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            long offset = position;
            while (bytes.hasRemaining()) {
                offset += channel.write(bytes, offset);
            }
        }

        @Override
        public void read(ByteBuffer into, long position) throws IOException {
            synchronized (handle) {
                handle.seek(position);
                while (into.hasRemaining()) {
                    int count = handle.read(into.array(), into.arrayOffset() + into.position(), into.remaining());
                    if (count < 0) {
                        return;
                    }
                    into.position(into.position() + count);
                }
            }
        }

        @Override
        public void force() throws IOException {
            long startNanos = System.nanoTime();
            channel.force(false);
            forces.observeNanos(System.nanoTime() - startNanos);
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void close() throws IOException {
            try (handle) {
                channel.close();
            }
        }
    }
}

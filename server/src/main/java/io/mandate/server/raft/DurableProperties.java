package io.mandate.server.raft;

import io.mandate.server.log.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A small file of names and values that a power failure leaves either old or new, never partial: written to a temporary
 * file, forced, renamed, and the directory forced. Its last line is a checksum of the others.
 */
final class DurableProperties {
    private static final String CHECKSUM = "crc32c=";

    private DurableProperties() {}

    /**
     * Reads the file; empty if there is none.
     *
     * @throws IdentityException if it is damaged
     */
    static Map<String, String> read(Path file) {
        Map<String, String> values = new TreeMap<>();
        if (!Files.exists(file)) {
            return values;
        }
        try {
            String text = Files.readString(file);
            int end = text.lastIndexOf(CHECKSUM);
            if (end < 0 || !text.substring(end + CHECKSUM.length()).strip().equals(checksum(text.substring(0, end)))) {
                throw new IdentityException(
                        file + " is damaged: its checksum does not match. Restore it from a backup, or empty the data"
                                + " directory and start the node with --initial-cluster-state existing");
            }
            text.substring(0, end).lines().forEach(line -> {
                int equals = line.indexOf('=');
                values.put(line.substring(0, equals), line.substring(equals + 1));
            });
            return values;
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot read " + file + ": " + DiskFault.reason(failed), failed);
        }
    }

    static void write(Path file, Map<String, String> values) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(values)
                .forEach((name, value) ->
                        text.append(name).append('=').append(value).append('\n'));
        String checksum = checksum(text.toString());
        text.append(CHECKSUM).append(checksum).append('\n');
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceNameOf(file);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot write " + file + ": " + DiskFault.reason(failed), failed);
        }
    }

    /** Makes a file's directory entry durable: otherwise a crash can lose a file whose content was forced. */
    static void forceNameOf(Path file) throws IOException {
        Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }
}

package io.mandate.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file descriptor of this process, which remembers why it could not be written: the print streams above it would keep
 * that to themselves. Thread-safe.
 */
final class OutputFile extends OutputStream {
    private final FileOutputStream file;
    private volatile @Nullable IOException failure;

    OutputFile(FileDescriptor descriptor) {
        this.file = new FileOutputStream(descriptor);
    }

    /**
     * Why not all of it was written, unless that is because nobody reads it any more: who ended {@code mandate get |
     * head} has what it wanted.
     */
    Optional<String> failure() {
        IOException first = failure;
        String reason = first == null ? null : String.valueOf(first.getMessage());
        return Optional.ofNullable(reason).filter(text -> !text.contains("Broken pipe"));
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            file.write(bytes, offset, length);
        } catch (IOException failed) {
            if (failure == null) {
                failure = failed;
            }
            throw failed;
        }
    }
}

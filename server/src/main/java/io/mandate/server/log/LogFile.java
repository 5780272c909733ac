package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file of a log. One thread writes and forces; any thread reads. */
interface LogFile extends AutoCloseable {
    long size() throws IOException;

    /** Writes all remaining bytes of the buffer. */
    void write(ByteBuffer bytes, long position) throws IOException;

    /** Reads until the buffer is full or the file ends. */
    void read(ByteBuffer into, long position) throws IOException;

    /** Returns when all previous writes are on the disk. */
    void force() throws IOException;

    void truncate(long size) throws IOException;

    @Override
    void close() throws IOException;
}

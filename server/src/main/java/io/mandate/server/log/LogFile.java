package io.mandate.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file of a log. One thread writes and forces; any thread reads. */
interface LogFile extends AutoCloseable {
    long size() throws IOException;

    /** Writes all that remains of the buffer. */
    void write(ByteBuffer bytes, long position) throws IOException;

    /** Fills the buffer as far as the file goes. */
    void read(ByteBuffer into, long position) throws IOException;

    /** Returns when everything written so far is on the disk. */
    void force() throws IOException;

    void truncate(long size) throws IOException;

    @Override
    void close() throws IOException;
}

package io.mandate.server.log;

import java.io.IOException;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * The directory of a log; a simulation of power losses replaces it. The name of a file that was created or deleted is
 * durable after {@link #force} of the directory, its content after that of the file.
 */
interface LogDisk {
    /** The names of all files. */
    List<String> names() throws IOException;

    /** Creates a file that must not exist. */
    LogFile create(String name) throws IOException;

    LogFile open(String name) throws IOException;

    void delete(String name) throws IOException;

    void force() throws IOException;

    /** Creates a checksum for the records on this disk. */
    default Checksum checksum() {
        return new CRC32C();
    }
}

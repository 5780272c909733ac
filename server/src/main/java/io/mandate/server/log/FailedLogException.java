package io.mandate.server.log;

/**
 * A write or a force failed. The log then refuses all writes: after a failed force it is unknown which of the pages
 * before it are on the disk, and the next force may succeed without them (LWN 752063, "PostgreSQL's fsync() surprise").
 */
public final class FailedLogException extends RuntimeException {
    FailedLogException(LogDisk disk, Throwable cause) {
        super(
                "the log in " + disk + " has failed and refuses writes: " + DiskFault.reason(cause)
                        + ". Repair the disk, or free space if it is full, and restart the node; acknowledged writes"
                        + " are not lost",
                cause);
    }
}

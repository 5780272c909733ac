package io.mandate.server.log;

/**
 * The disk refused a write or a force. The log takes nothing more: after a failed force nobody knows which of the pages
 * before it are on the disk, and the next force may succeed without them (LWN 752063, "PostgreSQL's fsync() surprise").
 */
public final class FailedLogException extends RuntimeException {
    FailedLogException(LogDisk disk, Throwable cause) {
        super(
                "the log in " + disk + " has failed and takes nothing more: " + DiskFault.reason(cause)
                        + ". See to the disk, make room if it is full, and start the node again; what was acknowledged"
                        + " is kept",
                cause);
    }
}

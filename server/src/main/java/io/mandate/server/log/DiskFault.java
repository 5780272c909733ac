package io.mandate.server.log;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Describes disk errors to an operator. Some exceptions carry the reason in the name of their class only. */
public final class DiskFault {
    private DiskFault() {}

    /** The reason, without the class of the exception; other exceptions, such as bugs, keep it. */
    public static String reason(Throwable failed) {
        if (!(failed instanceof IOException)) {
            return failed.toString();
        }
        if (failed instanceof FileSystemException fault) {
            return fault.getFile() == null ? kind(fault) : fault.getFile() + ": " + kind(fault);
        }
        String message = failed.getMessage();
        return message == null ? failed.toString() : message;
    }

    private static String kind(FileSystemException fault) {
        if (fault instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (fault instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (fault instanceof FileAlreadyExistsException) {
            return "already exists";
        }
        if (fault instanceof NotDirectoryException) {
            return "not a directory";
        }
        String reason = fault.getReason();
        return reason == null ? fault.getClass().getSimpleName() : reason;
    }
}

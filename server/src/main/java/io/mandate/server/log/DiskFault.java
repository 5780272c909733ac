package io.mandate.server.log;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What is wrong with a disk, in words for an operator. Some exceptions say it with the name of their class only. */
public final class DiskFault {
    private DiskFault() {}

    /** The reason, without the class of the exception; what is not the disk's, such as a bug, keeps it. */
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
            return "exists already";
        }
        if (fault instanceof NotDirectoryException) {
            return "not a directory";
        }
        String reason = fault.getReason();
        return reason == null ? fault.getClass().getSimpleName() : reason;
    }
}

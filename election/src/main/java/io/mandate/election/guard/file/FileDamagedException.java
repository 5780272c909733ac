package io.mandate.election.guard.file;

import java.nio.file.Path;

/**
 * The newest version on the disk is not what was written there. It is not read, and nothing is written after it, until
 * somebody has repaired it.
 */
public final class FileDamagedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FileDamagedException(Path file, String how) {
        super(file + " is damaged: " + how
                + ". Stop all writers, then restore this file from a backup, or remove it to go back to "
                + "the version before");
    }
}

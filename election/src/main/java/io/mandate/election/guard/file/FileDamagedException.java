package io.mandate.election.guard.file;

/** The newest version on the disk is not what was written there. It is not read, and nothing is written over it: restore it, or remove it to go back to the one before. */
public final class FileDamagedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FileDamagedException(String message) {
        super(message);
    }
}

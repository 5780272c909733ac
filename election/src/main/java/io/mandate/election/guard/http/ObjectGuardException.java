package io.mandate.election.guard.http;

import org.jspecify.annotations.Nullable;

/**
 * The object could not be read or written. Nothing was written. The message names the object, the cause and a remedy.
 */
public final class ObjectGuardException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ObjectGuardException(String message) {
        super(message);
    }

    ObjectGuardException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

package io.mandate.election.guard.http;

import org.jspecify.annotations.Nullable;

/**
 * The write was sent, and whether it took effect, or will yet, could not be learned. Read the object before doing
 * anything that must not be done twice. A write that is still on its way remains harmless: it is conditional on the
 * version that was read before it, so it takes effect at most once and never over a later write.
 */
public final class OutcomeUnknownException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

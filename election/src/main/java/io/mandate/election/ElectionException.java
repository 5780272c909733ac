package io.mandate.election;

/** The exceptions of elections, locks and their work. The message says what failed and what to do. */
public abstract class ElectionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ElectionException(String message) {
        super(message);
    }

    ElectionException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.mandate.election;

/** The candidate resigned or was closed before its work was done, or the lock before it was acquired. */
public final class CandidateClosedException extends ElectionException {
    private static final long serialVersionUID = 1L;

    CandidateClosedException(String message, Throwable cause) {
        super(message, cause);
    }
}

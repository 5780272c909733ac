package io.mandate.election.store;

/**
 * The store could not be reached or could not answer in time. Whether the operation took effect is unknown. The message
 * names the store and a remedy.
 */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreException(String message) {
        super(message);
    }

    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}

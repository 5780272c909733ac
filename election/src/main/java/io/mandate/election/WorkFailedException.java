package io.mandate.election;

/** The work of a leader failed within its term: the cause is what it threw. The election has been released. */
public final class WorkFailedException extends ElectionException {
    private static final long serialVersionUID = 1L;

    WorkFailedException(String election, Throwable cause) {
        super("the work of election " + election + " failed: " + cause, cause);
    }
}

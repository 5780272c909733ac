package io.mandate.cli.demo;

/** A term ended that the demo did not end: its holder did not get to renew it in time. The message says whose. */
final class TermLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TermLostException(String message) {
        super(message);
    }
}

package io.mandate.cli;

/** A setting cannot be used; the message names it, what is allowed, and what to do. */
public final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SettingException(String message) {
        super(message);
    }
}

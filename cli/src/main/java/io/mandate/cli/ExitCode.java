package io.mandate.cli;

/** What the exit codes of {@code mandate} mean; the same for every command. */
public final class ExitCode {
    public static final int OK = 0;

    /** The store answered, and the answer was no: the compare did not hold, the key or lease does not exist. */
    public static final int NO = 1;

    /** The command line or a setting is wrong. */
    public static final int USAGE = 2;

    /** The store could not be reached, refused the request, or failed. */
    public static final int FAILED = 3;

    /** {@code mandate run --once}: the election was lost while the command ran, and the command has been stopped. */
    public static final int LOST = 4;

    private ExitCode() {}
}

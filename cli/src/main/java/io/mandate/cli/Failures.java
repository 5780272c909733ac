package io.mandate.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.mandate.election.store.StoreException;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What a command says when it fails: one line, whatever failed, and the exit code of its kind. */
final class Failures {
    private static final String DEBUG = "MANDATE_DEBUG";

    private Failures() {}

    static int explain(Throwable failure, PrintWriter err) {
        Throwable cause = unwrapped(failure);
        err.println("mandate: " + line(cause).replaceAll("\\s*\\R\\s*", "; "));
        if (isDebugged()) {
            failure.printStackTrace(err);
        }
        err.flush();
        return exitCode(cause);
    }

    /** Whether somebody wants to see where in the program a failure happened. */
    static boolean isDebugged() {
        return !System.getenv().getOrDefault(DEBUG, "").isBlank();
    }

    private static String line(Throwable failure) {
        if (failure instanceof SettingException
                || failure instanceof NodeException
                || failure instanceof StoreException) {
            return String.valueOf(failure.getMessage());
        }
        if (failure instanceof StatusRuntimeException refused) {
            return refused.getStatus().getCode() + ": " + refused.getStatus().getDescription();
        }
        return "unexpected failure, which should be reported: " + failure + " (" + DEBUG + "=1 shows where)";
    }

    private static int exitCode(Throwable failure) {
        if (failure instanceof SettingException) {
            return ExitCode.USAGE;
        }
        // Only a lease is "not found" as an error; a key that does not exist is an empty answer.
        return failure instanceof StatusRuntimeException refused
                        && refused.getStatus().getCode() == Status.Code.NOT_FOUND
                ? ExitCode.NO
                : ExitCode.FAILED;
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null
                && (cause instanceof ExecutionException
                        || cause instanceof CompletionException
                        || cause instanceof InvocationTargetException)) {
            cause = cause.getCause();
        }
        return cause;
    }
}

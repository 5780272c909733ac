package io.mandate.cli;

import java.util.Map;

/**
 * The locale of whoever started this command. The launcher replaces it for the JVM, which decodes arguments, file names
 * and the environment by its locale; what the JVM starts for the caller gets it back.
 */
public final class CallerLocale {
    private static final String VARIABLE = "LC_ALL";

    /** What it was: '=' and its value, or nothing if it was not set. Not there if it has not been replaced. */
    private static final String PROPERTY = "mandate.callerLcAll";

    private CallerLocale() {}

    /** Makes the variables of a process that is about to be started the caller's. */
    public static void restore(Map<String, String> environment) {
        String replaced = System.getProperty(PROPERTY);
        if (replaced == null) {
            return;
        }
        if (replaced.isEmpty()) {
            environment.remove(VARIABLE);
        } else {
            environment.put(VARIABLE, replaced.substring(1));
        }
    }
}

package io.mandate.verify.process;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Assumptions;

/** A test's demand for a program that may be absent: its absence skips the test, in one line that cannot be missed. */
public final class RequiredTool {
    private static final Set<ExternalTool> TOLD = ConcurrentHashMap.newKeySet();

    private RequiredTool() {}

    public static Path orSkip(ExternalTool tool) {
        return tool.find().orElseGet(() -> {
            String message = "SKIPPED, PROVES NOTHING: no " + tool + ": " + tool.howToProvide();
            if (TOLD.add(tool)) {
                System.err.println("*** " + message + " ***");
            }
            return Assumptions.abort(message);
        });
    }
}

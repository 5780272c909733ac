package io.mandate.verify.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program of the etcd project that this build does not ship. It is looked for in a system property, then in an
 * environment variable of the same name, then on {@code PATH}. What stands on {@code PATH} counts only if it is of the
 * wanted version; what is named explicitly must exist.
 */
public enum ExternalTool {
    ETCD("ETCD_BIN", "etcd", "etcd Version: 3.5.", "--version"),
    ETCDCTL_3_5("ETCDCTL_BIN", "etcdctl", "etcdctl version: 3.5.", "version"),
    ETCDCTL_3_4("ETCDCTL34_BIN", "etcdctl", "etcdctl version: 3.4.", "version");

    private static final long VERSION_SECONDS_MAX = 20;

    private final String variable;
    private final String program;
    private final String versionLine;
    private final String versionArgument;

    ExternalTool(String variable, String program, String versionLine, String versionArgument) {
        this.variable = variable;
        this.program = program;
        this.versionLine = versionLine;
        this.versionArgument = versionArgument;
    }

    /**
     * The program's path, or empty if it is neither named nor on {@code PATH} in the wanted version.
     *
     * @throws IllegalStateException if it is named but is not an executable file: a typing error must not turn into a
     *     skipped test
     */
    public Optional<Path> find() {
        String named = named();
        if (named != null && !named.isBlank()) {
            Path path = Path.of(named).toAbsolutePath();
            if (!Files.isExecutable(path)) {
                throw new IllegalStateException(variable + " names " + path + ", which is not an executable file");
            }
            return Optional.of(path);
        }
        return onPath().stream().filter(this::hasWantedVersion).findFirst();
    }

    /** One sentence for the one who reads a skipped test. */
    public String howToProvide() {
        return "set " + variable + " (environment or system property) to a binary that answers '" + program + " "
                + versionArgument + "' with '" + versionLine + "x', or put one on PATH";
    }

    private @Nullable String named() {
        String property = System.getProperty(variable);
        return property != null ? property : System.getenv(variable);
    }

    private List<Path> onPath() {
        List<Path> found = new ArrayList<>();
        String searchPath = System.getenv("PATH");
        if (searchPath == null) {
            return found;
        }
        for (String directory : searchPath.split(File.pathSeparator, -1)) {
            Path candidate = Path.of(directory).resolve(program).toAbsolutePath();
            if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                found.add(candidate);
            }
        }
        return found;
    }

    private boolean hasWantedVersion(Path candidate) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(candidate.toString(), versionArgument).redirectErrorStream(true);
            // etcdctl 3.4 has no "version" command in its v2 mode, which an inherited environment could select.
            builder.environment().put("ETCDCTL_API", "3");
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readNBytes(4096), StandardCharsets.UTF_8);
            if (!process.waitFor(VERSION_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return output.contains(versionLine);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + candidate, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

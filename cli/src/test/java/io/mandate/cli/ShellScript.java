package io.mandate.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs shell scripts, in an environment of nothing but what they are given and a path to programs; scripts and what
 * they print are UTF-8.
 */
final class ShellScript {
    /** What a script leaves behind. */
    record Outcome(int exitCode, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }
    }

    private ShellScript() {}

    /**
     * Runs a script to its end.
     *
     * @param directory where it runs, and leaves files of its own
     */
    static Outcome run(Path directory, Map<String, String> environment, String script, String... arguments)
            throws IOException, InterruptedException {
        Path file = Files.createTempFile(directory, "script", ".sh");
        Path out = Files.createTempFile(directory, "script", ".out");
        Path err = Files.createTempFile(directory, "script", ".err");
        Files.writeString(file, "set -eu\n" + script);
        List<String> command = new ArrayList<>(List.of("/bin/sh", file.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        String path = System.getenv("PATH");
        builder.environment().clear();
        builder.environment().put("PATH", path);
        builder.environment().putAll(environment);
        int exitCode = builder.start().waitFor();
        return new Outcome(exitCode, text(out), text(err));
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}

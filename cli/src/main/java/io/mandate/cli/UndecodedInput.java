package io.mandate.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Arguments and settings in the environment that the JVM could not decode: it hands them over with a replacement
 * character in place of what it could not read, and two different names may have become one.
 */
final class UndecodedInput {
    private static final String REPLACEMENT = "\ufffd";

    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private UndecodedInput() {}

    /** What to tell the user about the first one; empty if everything has been decoded. */
    static Optional<String> find(String... arguments) {
        return find(List.of(arguments), System.getenv(), System.getProperty("native.encoding", "UTF-8"), COMMAND_LINE);
    }

    /**
     * As above, from these sources.
     *
     * @param encoding by which the JVM decoded
     * @param commandLine a file with the bytes of all arguments of this process, each ended by a zero byte; the last of
     *     them are {@code arguments}. Where there is no such file, an argument with a replacement character is taken
     *     for one that could not be decoded.
     */
    static Optional<String> find(
            List<String> arguments, Map<String, String> environment, String encoding, Path commandLine) {
        String remedy = encoding.equals("UTF-8")
                ? "write it in UTF-8"
                : "the JVM reads it as " + encoding
                        + ": start mandate with LC_ALL set to a UTF-8 locale of this machine";
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.contains(REPLACEMENT) && !isGiven(argument, arguments.size() - i, commandLine)) {
                return Optional.of("argument " + (i + 1) + " '" + argument + "' cannot be decoded; " + remedy);
            }
        }
        return environment.entrySet().stream()
                .filter(variable -> variable.getKey().startsWith("MANDATE_")
                        && variable.getValue().contains(REPLACEMENT))
                .map(variable -> "environment variable " + variable.getKey() + " '" + variable.getValue()
                        + "' cannot be decoded; " + remedy)
                .sorted()
                .findFirst();
    }

    /** Whether the process was started with this very argument, replacement character and all. */
    private static boolean isGiven(String argument, int fromEnd, Path commandLine) {
        try {
            List<byte[]> given = split(Files.readAllBytes(commandLine));
            return fromEnd <= given.size()
                    && Arrays.equals(given.get(given.size() - fromEnd), argument.getBytes(StandardCharsets.UTF_8));
        } catch (IOException unknown) {
            return false;
        }
    }

    private static List<byte[]> split(byte[] ended) {
        List<byte[]> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < ended.length; i++) {
            if (ended[i] == 0) {
                parts.add(Arrays.copyOfRange(ended, start, i));
                start = i + 1;
            }
        }
        return parts;
    }
}

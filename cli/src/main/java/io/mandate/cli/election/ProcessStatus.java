package io.mandate.cli.election;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What Linux says of a process in {@code /proc/PID/stat} (proc_pid_stat(5)).
 *
 * @param ended whether it is only waited for by its parent
 * @param parent the parent's id
 * @param session the id of the process that began its session
 * @param hasTerminal whether the session has a controlling terminal
 * @param startTicks when it was started, counted from the machine's start
 */
record ProcessStatus(boolean ended, long parent, long session, boolean hasTerminal, long startTicks) {
    private static final Path ALL = Path.of("/proc");

    /** The fields' numbers count from one, and the first two, the id and the name, are cut off. */
    private static final int FIRST_FIELD = 3;

    /** Empty if there is no such process, or no {@code /proc}. */
    static Optional<ProcessStatus> of(long pid) {
        return read(ALL.resolve(Long.toString(pid)));
    }

    private static Optional<ProcessStatus> read(Path process) {
        String text;
        try {
            text = new String(Files.readAllBytes(process.resolve("stat")), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return Optional.empty();
        }
        // The name before the last bracket may have spaces and brackets in it.
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        String state = field(fields, 3);
        return Optional.of(new ProcessStatus(
                state.equals("Z") || state.equals("X"),
                Long.parseLong(field(fields, 4)),
                Long.parseLong(field(fields, 6)),
                !field(fields, 7).equals("0"),
                Long.parseLong(field(fields, 22))));
    }

    private static String field(String[] fields, int number) {
        return fields[number - FIRST_FIELD];
    }
}

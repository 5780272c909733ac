package io.mandate.cli.election;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Programs of a Linux system that start a command so that it ends with its supervisor. All are optional.
 *
 * @param shell runs the {@link Watchdog}
 * @param setsid begins a session
 * @param setpriv has the kernel signal a process when its parent's thread has ended
 */
record LinuxTools(Optional<Path> shell, Optional<Path> setsid, Optional<Path> setpriv) {
    private static final LinuxTools NONE = new LinuxTools(Optional.empty(), Optional.empty(), Optional.empty());
    private static final long ANSWER_SECONDS_MAX = 5;

    static boolean isLinux() {
        return System.getProperty("os.name").equals("Linux") && Files.isDirectory(Path.of("/proc/self"));
    }

    /** What there is on a search path; nothing on other systems. */
    static LinuxTools on(String searchPath) {
        return isLinux()
                ? new LinuxTools(
                        find("sh", searchPath),
                        find("setsid", searchPath),
                        find("setpriv", searchPath).filter(LinuxTools::signalsAtParentsEnd))
                : NONE;
    }

    private static Optional<Path> find(String name, String searchPath) {
        return List.of(searchPath.split(":")).stream()
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /** The one of BusyBox, and that of util-linux before 2.33, do not. */
    private static boolean signalsAtParentsEnd(Path setpriv) {
        try {
            Process tried = new ProcessBuilder(
                            setpriv.toString(), "--pdeathsig", "KILL", "--", setpriv.toString(), "--help")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            boolean answered = tried.waitFor(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
            tried.destroyForcibly();
            return answered && tried.exitValue() == 0;
        } catch (IOException unusable) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * A command line that starts a command, which is not changed: neither its arguments nor its environment.
     *
     * @param signalAtParentsEnd what the kernel sends the command when this thread has ended, if it can be asked to
     * @param inSession whether the command begins a session, if it can
     */
    List<String> start(List<String> command, String signalAtParentsEnd, boolean inSession) {
        List<String> words = new ArrayList<>();
        setpriv.ifPresent(path -> words.addAll(List.of(path.toString(), "--pdeathsig", signalAtParentsEnd, "--")));
        if (inSession) {
            setsid.ifPresent(path -> words.addAll(List.of(path.toString(), "--")));
        }
        words.addAll(command);
        return words;
    }
}

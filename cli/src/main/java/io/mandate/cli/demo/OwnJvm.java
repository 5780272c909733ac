package io.mandate.cli.demo;

import io.mandate.cli.ExitCode;
import io.mandate.cli.Main;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** How to start another process of this command, which ends with this one, also if this is killed. */
public final class OwnJvm {
    private static final String STARTER = "mandate.starter";

    private OwnJvm() {}

    /** In the started process: ends it within a few seconds when the one that has started it is gone. */
    public static void endWithStarter() {
        Long starter = Long.getLong(STARTER);
        if (starter != null) {
            ProcessHandle.of(starter)
                    .map(ProcessHandle::onExit)
                    .orElseGet(() -> CompletableFuture.completedFuture(null))
                    .thenRun(() -> Runtime.getRuntime().halt(ExitCode.FAILED));
        }
    }

    /** The command line of {@code mandate} with these arguments, on this JVM and these classes. */
    static List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        // One a line: the launcher's own path, which they have in them, may have blanks.
        System.getProperty("mandate.sharedJvmOptions", "")
                .lines()
                .filter(option -> !option.isEmpty())
                .forEach(command::add);
        command.add("-D" + STARTER + "=" + ProcessHandle.current().pid());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
        return command;
    }
}

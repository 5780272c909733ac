package io.mandate.cli.demo;

import io.mandate.cli.Main;
import java.util.ArrayList;
import java.util.List;

/** How to start another process of this command. */
final class OwnJvm {
    private OwnJvm() {}

    /** The command line of {@code mandate} with these arguments, on this JVM and these classes. */
    static List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        String sharedJvmOptions =
                System.getProperty("mandate.sharedJvmOptions", "").strip();
        command.addAll(sharedJvmOptions.isEmpty() ? List.of() : List.of(sharedJvmOptions.split("\\s+", -1)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
        return command;
    }
}

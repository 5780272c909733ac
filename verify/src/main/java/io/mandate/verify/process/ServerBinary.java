package io.mandate.verify.process;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How one server is launched: the words before its flags.
 *
 * @param kind whose server it is
 * @param command program and leading arguments, to which etcd's flags are appended
 */
public record ServerBinary(ServerKind kind, List<String> command) {

    /**
     * Names a launcher (the {@code mandate} script or an unpacked distribution's) to run instead of this JVM's class
     * path.
     */
    public static final String MANDATE_LAUNCHER_PROPERTY = "mandate.launcher";

    /** JVM options, separated by blanks, for servers started from this JVM's class path. */
    public static final String MANDATE_JVM_OPTIONS_PROPERTY = "mandate.jvmOptions";

    private static final String MAIN_CLASS = "io.mandate.cli.Main";

    public ServerBinary {
        command = List.copyOf(command);
        if (command.isEmpty()) {
            throw new IllegalArgumentException("empty command");
        }
    }

    /** etcd's server at this path. */
    public static ServerBinary etcd(Path program) {
        return new ServerBinary(ServerKind.ETCD, List.of(program.toString()));
    }

    /**
     * Mandate's server: the launcher named by {@value #MANDATE_LAUNCHER_PROPERTY} if there is one, else this JVM's own
     * Java with this JVM's own class path, so that what is tested is what was just compiled.
     *
     * @param jvmOptions options for the server's JVM; without any, those of {@value #MANDATE_JVM_OPTIONS_PROPERTY}
     */
    public static ServerBinary mandate(String... jvmOptions) {
        String launcher = System.getProperty(MANDATE_LAUNCHER_PROPERTY);
        if (launcher != null) {
            return new ServerBinary(ServerKind.MANDATE, List.of(launcher, "server"));
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-cp");
        command.add(absoluteClassPath());
        if (jvmOptions.length > 0) {
            command.addAll(List.of(jvmOptions));
        } else {
            String configured =
                    System.getProperty(MANDATE_JVM_OPTIONS_PROPERTY, "").strip();
            command.addAll(configured.isEmpty() ? List.of() : List.of(configured.split("\\s+", -1)));
        }
        command.add(MAIN_CLASS);
        command.add("server");
        return new ServerBinary(ServerKind.MANDATE, command);
    }

    private static String absoluteClassPath() {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }
}

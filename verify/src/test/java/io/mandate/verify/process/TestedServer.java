package io.mandate.verify.process;

import org.junit.jupiter.api.Assumptions;

/** The server a test runs against. What is demanded of Mandate is proved to be true of etcd by the same test. */
public final class TestedServer {
    private static final String COMMAND = "io.mandate.cli.Main";

    private TestedServer() {}

    /** etcd's binary, or a loud skip. */
    public static ServerBinary etcdOrSkip() {
        return ServerBinary.etcd(RequiredTool.orSkip(ExternalTool.ETCD));
    }

    /** Mandate's server as just compiled. */
    public static ServerBinary mandate() {
        Assumptions.assumeTrue(hasCommand(), COMMAND + " does not exist");
        return ServerBinary.mandate();
    }

    public static ServerBinary of(ServerKind kind) {
        return kind == ServerKind.ETCD ? etcdOrSkip() : mandate();
    }

    private static boolean hasCommand() {
        return TestedServer.class.getClassLoader().getResource(COMMAND.replace('.', '/') + ".class") != null;
    }
}

package io.mandate.verify.process;

/** The server a test runs against. What is demanded of Mandate is proved to be true of etcd by the same test. */
public final class TestedServer {
    private TestedServer() {}

    /** etcd's binary, or a loud skip. */
    public static ServerBinary etcdOrSkip() {
        return ServerBinary.etcd(RequiredTool.orSkip(ExternalTool.ETCD));
    }

    /** Mandate's server as just compiled. */
    public static ServerBinary mandate() {
        return ServerBinary.mandate();
    }

    public static ServerBinary of(ServerKind kind) {
        return kind == ServerKind.ETCD ? etcdOrSkip() : mandate();
    }
}

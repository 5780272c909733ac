package io.mandate.verify.election;

import io.mandate.cli.demo.LedgerKeeper;
import io.mandate.store.etcd.EtcdStore;
import java.time.Duration;
import java.util.List;

/** A candidate's process: {@code STORE CANDIDATE TTL_MILLIS RESOURCE PLACE GUARDED}. */
public final class LedgerMain {
    static final String ELECTION = "paused";

    private LedgerMain() {}

    /** The command line that runs it. */
    static List<String> command(
            String store, String candidate, Duration ttl, Resource resource, String place, boolean guarded) {
        return List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                LedgerMain.class.getName(),
                store,
                candidate,
                Long.toString(ttl.toMillis()),
                resource.name(),
                place,
                Boolean.toString(guarded));
    }

    public static void main(String[] arguments) throws Exception {
        // Logging.silence();
        try (EtcdStore store = EtcdStore.connect(arguments[0])) {
            Duration ttl = Duration.ofMillis(Long.parseLong(arguments[2]));
            boolean guarded = Boolean.parseBoolean(arguments[5]);
            LedgerKeeper keeper =
                    new LedgerKeeper(Resource.valueOf(arguments[3]).open(arguments[4], store, guarded));
            keeper.run(store, ELECTION, arguments[1], ttl);
        }
    }
}

package io.mandate.cli.demo;

import io.mandate.election.store.StoreException;
import io.mandate.store.etcd.EtcdStore;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Connections to the demo's nodes, which may be too busy to answer. */
final class DemoStore {
    private static final long PAUSE_MILLIS = 100;

    private DemoStore() {}

    /** Connects, if the store answers in time. */
    static Optional<EtcdStore> tried(String addresses) {
        try {
            return Optional.of(EtcdStore.connect(addresses));
        } catch (StoreException tooBusy) {
            return Optional.empty();
        }
    }

    /**
     * Connects, for a process that the demo ends when it does not need it any more.
     *
     * @throws StoreException if the store has not answered for as long as the whole demo may take
     */
    static EtcdStore connect(String addresses) throws InterruptedException {
        long endNanos = System.nanoTime() + Waiting.LIMIT.toNanos();
        while (System.nanoTime() - endNanos < 0) {
            Optional<EtcdStore> store = tried(addresses);
            if (store.isPresent()) {
                return store.get();
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        return EtcdStore.connect(addresses);
    }
}

package io.mandate.store.etcd;

import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.StoreConformance;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A node in this JVM keeps what every store must. */
class EmbeddedConformanceTest extends StoreConformance {
    private static EmbeddedNode node;

    @BeforeAll
    static void start() throws Exception {
        node = new EmbeddedNode();
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @Override
    protected LeaseStore connect() {
        return node.inProcess();
    }
}

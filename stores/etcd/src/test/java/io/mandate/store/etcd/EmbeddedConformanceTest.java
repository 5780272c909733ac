package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.testkit.StoreConformance;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node in this JVM keeps what every store must. */
@Tag("integration")
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

    /** Both number their requests by lease; the store must not take one's first for the other's. */
    @Test
    void writesOfTwoConnectionsOnOneLeaseAreTwoWrites() {
        try (EtcdStore one = node.inProcess();
                EtcdStore two = node.inProcess()) {
            long lease = one.grant(10_000).join().leaseId();
            assertThat(one.compareAndSet("numbered/one", 0, "1", lease).join()).isInstanceOf(CasResult.Written.class);
            assertThat(two.compareAndSet("numbered/two", 0, "2", lease).join()).isInstanceOf(CasResult.Written.class);
            assertThat(two.list("numbered/", 10).join())
                    .extracting(Entry::value)
                    .containsExactly("1", "2");
            one.revoke(lease).join();
        }
    }

    /** And is not asked again and again until the time-out, as a store that is away. */
    @Test
    void aStoreThatHasBeenClosedSaysSo() {
        EtcdStore closed = node.inProcess();
        closed.close();
        for (CompletableFuture<?> request : List.of(closed.read("k"), closed.grant(10_000), closed.renew(1))) {
            assertThatThrownBy(request::join)
                    .hasCauseInstanceOf(StoreException.class)
                    .hasMessageContaining("has been closed here");
        }
    }
}

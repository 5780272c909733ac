package io.mandate.verify.election;

import io.mandate.election.store.LeaseStore;
import io.mandate.store.etcd.EtcdOptions;
import io.mandate.store.etcd.EtcdStore;
import io.mandate.testkit.StoreConformance;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** An etcd of three nodes keeps what every store must. */
@Tag("integration")
class EtcdClusterConformanceTest extends StoreConformance {
    @TempDir
    private static Path directory;

    private static ProcessCluster cluster;

    @BeforeAll
    static void start() {
        cluster = ProcessCluster.of(TestedServer.etcdOrSkip(), 3, directory).start();
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Override
    protected LeaseStore connect() {
        // No check waits for it to pass, and a busy machine may take longer than by default.
        return EtcdStore.connect(EtcdOptions.of(cluster.endpoints()).withRequestTimeout(Duration.ofSeconds(10)));
    }
}

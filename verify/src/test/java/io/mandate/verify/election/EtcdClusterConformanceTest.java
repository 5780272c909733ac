package io.mandate.verify.election;

import io.mandate.election.store.LeaseStore;
import io.mandate.store.etcd.EtcdStore;
import io.mandate.testkit.StoreConformance;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Path;
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
        return EtcdStore.connect(String.join(",", cluster.endpoints()));
    }
}

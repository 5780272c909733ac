package io.mandate.server.raft;

import static io.mandate.server.raft.TestCluster.await;
import static io.mandate.server.raft.TestCluster.put;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The applied index of a replica, whether it advances by entries or by snapshots. */
class AppliedIndexTest {
    @TempDir
    Path directory;

    private long snapshotIndex(long member) {
        try (Stream<Path> snapshots =
                Files.list(directory.resolve("member-" + member).resolve("groups/0/snapshot"))) {
            return snapshots
                    .map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> name.matches("snapshot_\\d+"))
                    .mapToLong(name -> Long.parseLong(name.substring("snapshot_".length())))
                    .max()
                    .orElse(0);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void aLoadedSnapshotCountsAsApplied() {
        try (TestCluster cluster = new TestCluster(directory, 1, 1)) {
            cluster.start(1, false);
            put(cluster.leader(), "a", "1");
            long applied = cluster.get(1).status().appliedIndex();
            await("a snapshot of all", () -> snapshotIndex(1) >= applied);
            cluster.stop(1);
            cluster.start(1, false);
            assertThat(cluster.get(1).keyspace().revision()).isEqualTo(2);
            assertThat(cluster.get(1).status().appliedIndex()).isGreaterThanOrEqualTo(applied);
            assertThat(cluster.get(1).status().committedIndex()).isGreaterThanOrEqualTo(applied);
        }
    }

    /**
     * No entry follows the snapshot that a leader installs: a waiter for its index must not wait for the next write.
     */
    @Test
    void waitingForAnIndexEndsWithAnInstalledSnapshot() {
        try (TestCluster cluster = new TestCluster(directory, 3, 50).startAll()) {
            long lagging = TestCluster.id(cluster.follower());
            cluster.stop(lagging);
            for (int i = 0; i < 200; i++) {
                put(cluster.leader(), "k", "v" + i);
            }
            long leader = TestCluster.id(cluster.leader());
            long applied = cluster.get(leader).status().appliedIndex();
            await("the log to end with a snapshot", () -> snapshotIndex(leader) >= applied - 50);
            cluster.start(lagging, false);
            assertThat(TestCluster.read(cluster.get(lagging), "k")).isEqualTo("v199");
            await("its index", () -> cluster.get(lagging).status().appliedIndex() >= applied);
            assertThat(cluster.get(lagging).status().appliedIndex())
                    .isEqualTo(cluster.get(lagging).keyspace().appliedIndex());
        }
    }
}

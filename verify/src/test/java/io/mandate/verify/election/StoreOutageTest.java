package io.mandate.verify.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.TermEnd;
import io.mandate.store.etcd.EtcdStore;
import io.mandate.verify.process.Pause;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerKind;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Losing a part of the store, or all of it for less than the time to live, loses no term. Losing it for longer does,
 * and the candidate comes back by itself.
 */
@Tag("integration")
class StoreOutageTest {
    private static final Duration TTL = Duration.ofSeconds(4);
    private static final long SECONDS_MAX = 60;

    @TempDir
    private Path directory;

    private static void requireGoesOn(Leadership leadership, Duration forSoLong) {
        long endNanos = System.nanoTime() + forSoLong.toNanos();
        while (System.nanoTime() < endNanos) {
            leadership.term().requireValid(Duration.ZERO);
            Pause.of(Duration.ofMillis(5));
        }
    }

    @Test
    @Timeout(180)
    void anyOneNodeMayStandStillOrDie() throws Exception {
        try (ProcessCluster cluster =
                        ProcessCluster.of(TestedServer.mandate(), 3, directory).start();
                EtcdStore store = EtcdStore.connect(String.join(",", cluster.endpoints()));
                Election election = Election.on(store).name("outage").ttl(TTL).join();
                Leadership leadership = election.lead().get(SECONDS_MAX, TimeUnit.SECONDS)) {
            for (int node = 0; node < cluster.size(); node++) {
                cluster.node(node).process().suspend();
                try {
                    requireGoesOn(leadership, TTL.plusSeconds(1));
                } finally {
                    cluster.node(node).process().resume();
                }
                requireGoesOn(leadership, TTL.dividedBy(2));
            }
            cluster.node(cluster.awaitLeader()).kill9();
            requireGoesOn(leadership, TTL.plusSeconds(1));
        }
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(180)
    void withoutTheStoreTheTermEndsByItselfAndTheCandidateLeadsAgainWhenItIsBack(ServerKind kind) throws Exception {
        try (ProcessCluster cluster =
                        ProcessCluster.of(TestedServer.of(kind), 3, directory).start();
                EtcdStore store = EtcdStore.connect(String.join(",", cluster.endpoints()));
                Election election = Election.on(store)
                        .name("outage")
                        .ttl(Duration.ofSeconds(2))
                        .join()) {
            CompletableFuture<Long> firstToken = new CompletableFuture<>();
            CompletableFuture<TermEnd> firstEnd = new CompletableFuture<>();
            CompletableFuture<Long> nextToken = new CompletableFuture<>();
            CompletableFuture<Void> working = election.runWhileLeadingAsync(term -> {
                if (firstToken.complete(term.token())) {
                    term.ended().thenAccept(firstEnd::complete);
                    new CountDownLatch(1).await();
                } else {
                    nextToken.complete(term.token());
                }
            });
            firstToken.get(SECONDS_MAX, TimeUnit.SECONDS);
            cluster.killAll();
            // On a busy machine this process may stand still meanwhile, and is right to say so.
            assertThat(firstEnd.get(SECONDS_MAX, TimeUnit.SECONDS)).isIn(TermEnd.STORE_UNREACHABLE, TermEnd.PAUSED);
            cluster.restartAll();
            working.get(SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(nextToken.get()).isGreaterThan(firstToken.get());
        }
    }
}

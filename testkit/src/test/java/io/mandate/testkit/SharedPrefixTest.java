package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.Leader;
import io.mandate.election.LeaderObservation;
import io.mandate.election.Leadership;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What belongs to an election is told from what only begins like it. */
class SharedPrefixTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore simulated = new SimulatedStore(time, 1);
    private final VirtualScheduler process = new VirtualScheduler(time, "process");
    private final LeaseStore store = simulated.client(process);
    private final List<Election> elections = new ArrayList<>();

    private Election join(String name, String candidate) {
        Election election = process.election(store, 1)
                .name(name)
                .candidate(candidate)
                .ttl(Duration.ofSeconds(2))
                .executor(new VirtualExecutor(process))
                .join();
        elections.add(election);
        return election;
    }

    private Leadership lead(String name, String candidate) {
        return answer(join(name, candidate).lead());
    }

    private <A> A answer(CompletionStage<A> asked) {
        CompletableFuture<A> answer = asked.toCompletableFuture();
        assertThat(time.runUntil(answer::isDone, PATIENCE)).as("an answer").isTrue();
        return answer.join();
    }

    private Entry put(String key, long leaseId) {
        return ((CasResult.Written) answer(store.compareAndSet(key, 0, "a value", leaseId))).entry();
    }

    @AfterEach
    void close() {
        elections.forEach(Election::closeAsync);
        time.runFor(Duration.ofMinutes(5));
    }

    @Test
    void anElectionHasNoLeaderWhileOneWhoseNameContinuesItHas() {
        Election billing = join("billing", "observer");
        List<Optional<Leader>> told = new ArrayList<>();
        try (LeaderObservation observation = billing.observe(told::add)) {
            lead("billing/eu", "host-1");

            assertThat(answer(billing.leader())).isEmpty();
            assertThat(answer(billing.candidates())).isEmpty();
            time.runFor(PATIENCE);
            assertThat(told).containsExactly(Optional.empty());

            Leadership second = lead("billing", "host-2");
            Leader leader = new Leader("host-2", second.term().token());
            assertThat(answer(billing.leader())).contains(leader);
            assertThat(answer(billing.candidates())).containsExactly("host-2");
            time.runFor(PATIENCE);
            assertThat(told).containsExactly(Optional.empty(), Optional.of(leader));
            assertThat(observation).isNotNull();
        }
    }

    @Test
    void anElectionBesideAWorkloadOfTheSameNameIsLedByItsOwnCandidates() {
        PartitionMembership share = process.workload(store, "orders", 150, 1)
                .member("host-1")
                .executor(new VirtualExecutor(process))
                .joinAsync(partition -> CompletableFuture.anyOf(
                        partition.drainRequested(), partition.term().ended()));
        assertThat(time.runUntil(() -> share.owned().size() == 150, PATIENCE)).isTrue();
        Election orders = join("orders", "host-2");

        assertThat(answer(orders.leader())).isEmpty();
        assertThat(answer(orders.candidates())).isEmpty();
        answer(orders.lead());
        assertThat(answer(orders.leader()).map(Leader::candidate)).contains("host-2");
        assertThat(answer(orders.candidates())).containsExactly("host-2");
        share.closeAsync();
    }

    @Test
    void whatSomebodyElseKeepsBelowTheNameNeitherLeadsNorIsWaitedFor() {
        long lease = answer(store.grant(600_000)).leaseId();
        put("billing/config", 0);
        put("billing/note", lease);
        put("billing/42", 0);
        put("billing/eu/" + Long.toHexString(lease), lease);

        Election billing = join("billing", "host-1");
        assertThat(answer(billing.leader())).isEmpty();
        Leadership leadership = answer(billing.lead());
        assertThat(answer(billing.leader()))
                .contains(new Leader("host-1", leadership.term().token()));
        assertThat(answer(billing.candidates())).containsExactly("host-1");
    }

    @Test
    void aCandidateOfEtcdsConcurrencyPackageLeadsAndIsWaitedFor() {
        long lease = answer(store.grant(600_000)).leaseId();
        Entry foreign = put("billing/" + Long.toHexString(lease), lease);

        Election billing = join("billing", "host-1");
        CompletableFuture<Leadership> led = billing.lead();
        time.runFor(PATIENCE);
        assertThat(led).isNotDone();
        assertThat(answer(billing.leader())).contains(new Leader("a value", foreign.creation()));
        assertThat(answer(billing.candidates())).containsExactly("a value", "host-1");

        answer(store.revoke(lease));
        assertThat(answer(led).term().token()).isGreaterThan(foreign.creation());
    }

    @Test
    void aLeaderThatCannotBeToldFromTooManyOtherKeysIsNotGuessed() {
        for (int i = 0; i < LeaseStore.LIST_MAX; i++) {
            store.compareAndSet("billing/data/" + i, 0, "v", 0);
            if (i % 100 == 0) {
                time.runFor(Duration.ofSeconds(1));
            }
        }
        time.runFor(Duration.ofSeconds(1));
        Election billing = join("billing", "host-1");

        for (CompletableFuture<?> asked : List.of(billing.leader(), billing.candidates())) {
            assertThat(time.runUntil(asked::isDone, PATIENCE)).isTrue();
            assertThat(asked)
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOf(StoreException.class)
                    .withMessageContainingAll("billing/", String.valueOf(LeaseStore.LIST_MAX), "name");
        }
    }
}

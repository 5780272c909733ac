package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.Leader;
import io.mandate.election.LeaderObservation;
import io.mandate.election.Leadership;
import io.mandate.election.internal.history.TermHistory;
import io.mandate.election.internal.store.BatchingStore;
import io.mandate.election.internal.store.CheckedStore;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionRouter;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.Watch;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store that throws, returns nothing or answers nothing is survived as one that fails. */
class UnrulyStoreTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore simulated = new SimulatedStore(time, 1);
    private final VirtualScheduler process = new VirtualScheduler(time, "process");
    private final UnrulyStore store = new UnrulyStore(simulated.client(process));
    private final List<Runnable> closing = new ArrayList<>();

    private ElectionBuilder candidate(String who) {
        return process.election(store, 1)
                .name("billing")
                .candidate(who)
                .ttl(Duration.ofSeconds(2))
                .executor(new VirtualExecutor(process));
    }

    private Election join(String who) {
        Election election = candidate(who).join();
        closing.add(election::closeAsync);
        return election;
    }

    private PartitionedWorkload orders(String member) {
        return process.workload(store, "orders", 12, 1)
                .member(member)
                .ttl(Duration.ofSeconds(2))
                .executor(new VirtualExecutor(process));
    }

    private <A> A answer(CompletionStage<A> asked) {
        CompletableFuture<A> answer = asked.toCompletableFuture();
        assertThat(time.runUntil(answer::isDone, PATIENCE)).as("an answer").isTrue();
        return answer.join();
    }

    private void await(String what, BooleanSupplier condition) {
        assertThat(time.runUntil(condition, PATIENCE)).as(what).isTrue();
    }

    private void assertFails(String what, CompletionStage<?> asked) {
        CompletableFuture<?> answer = asked.toCompletableFuture();
        assertThat(time.runUntil(answer::isDone, PATIENCE))
                .as(what + " is answered")
                .isTrue();
        assertThat(answer)
                .as(what)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOfAny(StoreException.class, IllegalStateException.class);
    }

    @AfterEach
    void close() {
        store.misbehave(UnrulyStore.Manner.OBEYS);
        closing.forEach(Runnable::run);
        time.runFor(Duration.ofMinutes(5));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OBEYS")
    void whoCampaignsLeadsWhenTheStoreObeysAgain(UnrulyStore.Manner manner) {
        store.misbehave(manner);
        Election election = join("host-1");
        CompletableFuture<Leadership> led = election.lead();
        time.runFor(PATIENCE);
        assertThat(led).isNotDone();
        assertThat(election.health().storeFailure()).isNotEmpty();

        store.misbehave(UnrulyStore.Manner.OBEYS);
        assertThat(answer(led).term().token()).isPositive();
        assertThat(election.health().storeFailure()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OBEYS")
    void whoLeadsLosesItsTermAtTheDeadlineAndLeadsAgain(UnrulyStore.Manner manner) {
        Election election = join("host-1");
        Leadership first = answer(election.lead());
        store.misbehave(manner);
        await("the term ends", () -> first.term().ended().isDone());
        CompletableFuture<Void> released = first.release();
        store.misbehave(UnrulyStore.Manner.OBEYS);
        answer(released);
        assertThat(answer(election.lead()).term().token())
                .isGreaterThan(first.term().token());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OBEYS")
    void whoObservesIsToldWhenTheStoreObeysAgain(UnrulyStore.Manner manner) {
        store.misbehave(manner);
        List<Optional<Leader>> told = new ArrayList<>();
        LeaderObservation early = join("observer").observe(told::add);
        time.runFor(PATIENCE);
        assertThat(told).isEmpty();

        store.misbehave(UnrulyStore.Manner.OBEYS);
        Leadership leads = answer(join("host-1").lead());
        Leader leader = new Leader("host-1", leads.term().token());
        await("told by the slow poll", () -> told.contains(Optional.of(leader)));

        LeaderObservation late = join("another observer").observe(seen -> {});
        time.runFor(PATIENCE);
        store.misbehave(manner);
        early.close();
        late.close();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OBEYS")
    void questionsFailByTheirFuture(UnrulyStore.Manner manner) {
        Election election = join("host-1");
        store.misbehave(manner);
        assertFails("leader", election.leader());
        assertFails("candidates", election.candidates());
        assertFails("history", election.history());
        assertFails("history of another", TermHistory.read(store, "nightly"));
        PartitionAdmin control = PartitionedWorkload.control(store, "orders");
        assertFails("state", control.state(true));
        assertFails("pin", control.pin(1, "a"));
        assertFails("unpin", control.unpin(1));
        assertFails("drain", control.drain("a"));
        assertFails("pause", control.pause());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OBEYS")
    void membersAndRoutersFollowWhenTheStoreObeysAgain(UnrulyStore.Manner manner) {
        store.misbehave(manner);
        PartitionMembership share = orders("a")
                .joinAsync(partition -> CompletableFuture.anyOf(
                        partition.drainRequested(), partition.term().ended()));
        PartitionRouter router = orders("router").router();
        time.runFor(PATIENCE);
        assertThat(share.joined()).isNotDone();
        assertThat(router.ready()).isNotDone();
        assertFails("refresh", router.refresh(1));

        store.misbehave(UnrulyStore.Manner.OBEYS);
        await("owns all", () -> share.owned().size() == 12);
        await("routed", () -> router.ownerOf("x").isPresent());

        store.misbehave(manner);
        await("owns nothing any more", () -> share.owned().isEmpty());
        store.misbehave(UnrulyStore.Manner.OBEYS);
        await("owns all again", () -> share.owned().size() == 12);
        store.misbehave(manner);
        router.close();
        CompletableFuture<Void> closed = share.closeAsync();
        time.runFor(PATIENCE);
        store.misbehave(UnrulyStore.Manner.OBEYS);
        answer(closed);
    }

    @Test
    void anAdaptersMistakeIsToldWithItsClassAndMethod() {
        LeaseStore checked = CheckedStore.of(store);
        Stream.of(
                        UnrulyStore.Manner.THROWS_ANYTHING,
                        UnrulyStore.Manner.THROWS_AN_ERROR,
                        UnrulyStore.Manner.RETURNS_NO_STAGE,
                        UnrulyStore.Manner.ANSWERS_NULL)
                .forEach(manner -> {
                    store.misbehave(manner);
                    assertThat(checked.read("k").toCompletableFuture())
                            .as("%s", manner)
                            .failsWithin(Duration.ZERO)
                            .withThrowableThat()
                            .havingCause()
                            .isInstanceOf(IllegalStateException.class)
                            .withMessageContainingAll(UnrulyStore.class.getName() + ".read", "correct this adapter");
                    if (manner != UnrulyStore.Manner.ANSWERS_NULL) {
                        assertThat(checked.revoke(1).toCompletableFuture())
                                .as("%s", manner)
                                .failsWithin(Duration.ZERO)
                                .withThrowableThat()
                                .withMessageContaining(UnrulyStore.class.getName() + ".revoke");
                    }
                    checked.watch("k", () -> {}).close();
                    checked.watchKeys("k", key -> {}).close();
                });
    }

    @Test
    void whatAnAdapterIsAllowedToThrowIsNotChanged() {
        LeaseStore checked = CheckedStore.of(store);
        assertThat(checked.read("").toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(IllegalArgumentException.class)
                .withMessageNotContaining("adapter");
        store.misbehave(UnrulyStore.Manner.THROWS_A_STORE_EXCEPTION);
        assertThat(checked.grant(1_000).toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(StoreException.class)
                .withMessage("the store is unruly");
    }

    @Test
    void aWatchThatCannotBeClosedIsGivenUp() {
        LeaseStore checked = CheckedStore.of(store);
        Watch watch = checked.watch("k", () -> {});
        store.misbehave(UnrulyStore.Manner.THROWS_ANYTHING);
        watch.close();
    }

    /** Else those whose answer is missing would wait for ever. */
    @Test
    void aBatchThatIsAnsweredInPartFailsForAll() {
        BatchingStore gathering = new BatchingStore(
                new ForwardingStore(simulated.client(process)) {
                    @Override
                    public CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
                        return inner.readAll(keys.subList(0, 1));
                    }
                },
                process);
        List<CompletableFuture<Optional<Entry>>> reads = new ArrayList<>();
        process.execute(() ->
                List.of("a", "b").forEach(key -> reads.add(gathering.read(key).toCompletableFuture())));
        time.runFor(Duration.ofSeconds(5));
        assertThat(reads)
                .hasSize(2)
                .allSatisfy(read -> assertThat(read)
                        .failsWithin(Duration.ZERO)
                        .withThrowableThat()
                        .withMessageContaining("readAll"));
    }

    @Test
    void electionsOnAStoreShareALeaseWhetherOrNotItIsChecked() {
        answer(join("host-1").lead());
        Election other = process.election(CheckedStore.of(store), 1)
                .name("nightly")
                .ttl(Duration.ofSeconds(2))
                .executor(new VirtualExecutor(process))
                .join();
        closing.add(other::closeAsync);
        answer(other.lead());
        List<Entry> keys = new ArrayList<>(answer(store.list("billing/", 10)));
        keys.addAll(answer(store.list("nightly/", 10)));
        assertThat(keys).hasSize(2);
        assertThat(keys.stream().map(Entry::leaseId).distinct()).hasSize(1);
    }
}

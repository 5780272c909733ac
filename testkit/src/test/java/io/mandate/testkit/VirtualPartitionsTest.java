package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.partition.Partition;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.partition.WorkloadState;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A partitioned workload in virtual time, by no other way than the public one. */
class VirtualPartitionsTest {
    private static final int PARTITIONS = 12;
    private static final Duration TTL = Duration.ofSeconds(2);

    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore store = new SimulatedStore(time, 1);
    private final Map<String, VirtualScheduler> processes = new LinkedHashMap<>();
    private final Map<String, PartitionMembership> shares = new LinkedHashMap<>();
    private final List<Partition> begun = new ArrayList<>();
    /** How long the work of a member takes to drain; at once unless it is said. */
    private final Map<String, Duration> drains = new HashMap<>();

    private final PartitionAdmin control =
            PartitionedWorkload.control(store.client(new VirtualScheduler(time, "operator")), "orders");

    private PartitionMembership join(String member) {
        return join(member, member, PARTITIONS, settings -> settings);
    }

    private PartitionMembership join(
            String process, String member, int partitions, UnaryOperator<PartitionedWorkload> settings) {
        VirtualScheduler scheduler = new VirtualScheduler(time, process);
        VirtualExecutor workers = new VirtualExecutor(scheduler);
        PartitionMembership share = settings.apply(scheduler
                        .workload(store.client(scheduler), "orders", partitions, 1)
                        .member(member)
                        .ttl(TTL)
                        .drainTimeout(Duration.ofSeconds(5))
                        .executor(workers))
                .joinAsync(partition -> {
                    begun.add(partition);
                    CompletableFuture<Void> done = new CompletableFuture<>();
                    partition.term().ended().thenAccept(why -> done.complete(null));
                    partition
                            .drainRequested()
                            .thenAccept(asked -> workers.after(
                                    drains.getOrDefault(process, Duration.ZERO).toNanos(), () -> done.complete(null)));
                    return done;
                });
        processes.put(process, scheduler);
        shares.put(process, share);
        return share;
    }

    private WorkloadState state() {
        CompletableFuture<WorkloadState> state = control.state(false);
        assertThat(time.runUntil(state::isDone, Duration.ofSeconds(10))).isTrue();
        return state.join();
    }

    private int owned(String process) {
        return Objects.requireNonNull(shares.get(process)).owned().size();
    }

    private VirtualScheduler process(String name) {
        return Objects.requireNonNull(processes.get(name));
    }

    private void awaitOwned(Duration bound, Map<String, Integer> expected) {
        time.runUntil(() -> expected.entrySet().stream().allMatch(of -> owned(of.getKey()) == of.getValue()), bound);
        Map<String, Integer> seen = new HashMap<>();
        expected.keySet().forEach(name -> seen.put(name, owned(name)));
        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void aMemberKeepsItsSettingsWhenTheyDescribeAnother() {
        VirtualScheduler process = new VirtualScheduler(time, "both");
        VirtualExecutor workers = new VirtualExecutor(process);
        PartitionedWorkload settings = process.workload(store.client(process), "orders", PARTITIONS, 1)
                .ttl(TTL)
                .executor(workers);
        shares.put(
                "a", settings.member("a").zone("left").label("address", "a:80").joinAsync(this::ownUntilDrained));
        shares.put(
                "b",
                settings.member("b")
                        .zone("right")
                        .weight(2)
                        .label("address", "b:80")
                        .joinAsync(this::ownUntilDrained));
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 4, "b", 8));
        assertThat(state().members())
                .extracting(member -> List.of(member.name(), member.zone(), member.weight(), member.labels()))
                .containsExactlyInAnyOrder(
                        List.of("a", "left", 1, Map.of("address", "a:80")),
                        List.of("b", "right", 2, Map.of("address", "b:80")));
    }

    private CompletableFuture<Object> ownUntilDrained(Partition partition) {
        return CompletableFuture.anyOf(
                partition.drainRequested(), partition.term().ended());
    }

    @Test
    void membersShareThePartitionsEvenly() {
        join("a");
        join("b");
        join("c");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 4, "b", 4, "c", 4));
        assertThat(state().partitions()).noneMatch(partition -> partition.isMoving());
    }

    @Test
    void whatADeadMemberOwnedIsOwnedByTheOthersSoonAfterItsLease() {
        join("a");
        join("b");
        join("c");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 4, "b", 4, "c", 4));
        process("b").kill();
        awaitOwned(TTL.plusSeconds(2), Map.of("a", 6, "c", 6));
    }

    @Test
    void whoLeavesHandsOverWithoutATimeInWhichNobodyMayTakeOver() {
        join("a");
        PartitionMembership leaver = join("b");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 6, "b", 6));
        CompletableFuture<Void> left = leaver.closeAsync();
        awaitOwned(Duration.ofSeconds(2), Map.of("a", 12, "b", 0));
        assertThat(time.runUntil(left::isDone, Duration.ofSeconds(2))).isTrue();
        assertThat(store.entries("orders/members/b/")).isEmpty();
        assertThat(store.leases()).hasSize(1);
    }

    @Test
    void theLastOneLeavesAtOnce() {
        PartitionMembership only = join("a");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 12));
        CompletableFuture<Void> left = only.closeAsync();
        assertThat(time.runUntil(left::isDone, Duration.ofMillis(400))).isTrue();
        assertThat(store.leases()).isEmpty();
    }

    @Test
    void theNextOwnerBeginsWhenTheWorkOfTheLastHasDrained() {
        join("a");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 12));
        drains.put("a", Duration.ofSeconds(3));
        join("b");
        time.runFor(Duration.ofSeconds(2));
        assertThat(owned("a")).isEqualTo(12);
        assertThat(owned("b")).isZero();
        awaitOwned(Duration.ofSeconds(3), Map.of("a", 6, "b", 6));
    }

    @Test
    void aDrainThatIsOverdueEndsTheTermAndTheNextOneOwns() {
        join("a");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 12));
        List<Partition> first = List.copyOf(begun);
        drains.put("a", Duration.ofMinutes(1));
        join("b");
        time.runFor(Duration.ofSeconds(5));
        assertThat(owned("b")).isZero();
        awaitOwned(Duration.ofSeconds(3), Map.of("b", 6));
        assertThat(first.stream().filter(partition -> partition.term().ended().isDone()))
                .hasSize(6);
    }

    @Test
    void twoProcessesWithOneNameAreOneMember() {
        join("a");
        join("first", "b", PARTITIONS, settings -> settings);
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 6, "first", 6));
        join("second", "b", PARTITIONS, settings -> settings);
        time.runFor(Duration.ofSeconds(10));
        awaitOwned(Duration.ofSeconds(1), Map.of("a", 6, "first", 6, "second", 0));
        process("first").kill();
        awaitOwned(TTL.plusSeconds(2), Map.of("a", 6, "second", 6));
    }

    @Test
    void aMemberThatSaysAnotherNumberOfPartitionsIsRefused() {
        join("a");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 12));
        PartitionMembership wrong = join("b", "b", 13, settings -> settings);
        CompletableFuture<Void> joined = wrong.joined();
        time.runFor(Duration.ofSeconds(10));
        assertThatThrownBy(joined::join)
                .hasRootCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has 12 partitions and not 13");
        assertThat(store.entries("orders/members/b/")).isEmpty();
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 12));
    }

    @Test
    void whatAMemberOwnsIsItsAgainAfterItWasPaused() {
        join("a");
        join("b");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 6, "b", 6));
        process("b").pause(10_000_000_000L);
        time.runUntil(() -> owned("a") == 12, TTL.plusSeconds(2));
        assertThat(owned("a")).isEqualTo(12);
        time.runFor(Duration.ofSeconds(10));
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 6, "b", 6));
        int[] owners = new int[PARTITIONS];
        shares.values().forEach(share -> share.owned().keySet().forEach(partition -> owners[partition]++));
        assertThat(IntStream.of(owners)).allMatch(count -> count == 1);
    }

    @Test
    void whoDrainsStaysAMemberAndTakesItsShareAgainWhenItResumes() {
        join("a");
        PartitionMembership drained = join("b");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 6, "b", 6));
        drained.drain();
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 12, "b", 0));
        drained.resume();
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 6, "b", 6));
        control.drain("a");
        awaitOwned(Duration.ofSeconds(5), Map.of("a", 0, "b", 12));
    }
}

package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionAdminTest {
    private final VirtualWorkload orders = new VirtualWorkload();
    private final PartitionAdmin control = orders.control;

    @AfterEach
    void close() {
        orders.close();
    }

    private void startTwo() {
        orders.join("a");
        orders.join("b");
        orders.awaitOwned("a", 6);
        orders.awaitOwned("b", 6);
    }

    private PartitionState partition(int partition) {
        return orders.answer(control.state(false)).partitions().get(partition);
    }

    private boolean isOwnedBy(int partition, String member) {
        return partition(partition).owner().filter(member::equals).isPresent();
    }

    private int partitionOf(String member) {
        return orders.answer(control.state(false)).partitions().stream()
                .filter(state -> state.owner().filter(member::equals).isPresent())
                .findFirst()
                .orElseThrow()
                .partition();
    }

    @Test
    void nothingIsKnownOfAWorkloadThatNobodyHasJoined() {
        WorkloadState state = orders.answer(control.state(true));
        assertThat(state.members()).isEmpty();
        assertThat(state.partitions()).isEmpty();
    }

    @Test
    void theStateTellsMembersOwnersTokensAndSinceWhen() {
        startTwo();
        WorkloadState state = orders.answer(control.state(true));
        assertThat(state.members()).extracting(MemberState::name).containsExactly("a", "b");
        assertThat(state.members()).allSatisfy(member -> {
            assertThat(member.planned()).isEqualTo(6);
            assertThat(member.owned()).isEqualTo(6);
            assertThat(member.labels()).containsEntry("address", member.name() + ":80");
        });
        assertThat(state.partitions()).hasSize(VirtualWorkload.PARTITIONS).allSatisfy(partition -> {
            assertThat(partition.isMoving()).isFalse();
            assertThat(partition.token()).isPositive();
            assertThat(partition.since()).isPresent();
        });
        assertThat(orders.answer(control.state(false)).partitions())
                .allSatisfy(partition -> assertThat(partition.since()).isEmpty());
    }

    @Test
    void aPinnedPartitionMovesThereWithALargerTokenAndIsPinnedUntilItIsUnpinned() {
        startTwo();
        int moved = partitionOf("a");
        long before = partition(moved).token();
        orders.answer(control.pin(moved, "b"));
        orders.time.runFor(Duration.ofSeconds(5));
        assertThat(isOwnedBy(moved, "b")).isTrue();
        assertThat(partition(moved).token()).isGreaterThan(before);
        assertThat(partition(moved).pinned()).contains("b");
        orders.answer(control.unpin(moved));
        assertThat(partition(moved).pinned()).isEmpty();
    }

    @Test
    void aPinOfAMemberThatIsAwayWaitsForIt() {
        orders.join("a");
        orders.awaitOwned("a", 12);
        orders.answer(control.pin(3, "c"));
        orders.time.runFor(Duration.ofSeconds(5));
        assertThat(isOwnedBy(3, "a")).isTrue();
        orders.join("c");
        orders.awaitOwned("c", 6);
        assertThat(isOwnedBy(3, "c")).isTrue();
    }

    @Test
    void aPartitionThatTheWorkloadDoesNotHaveCannotBePinned() {
        orders.join("a");
        orders.awaitOwned("a", 12);
        CompletableFuture<Void> pinned = control.pin(12, "a");
        assertThatThrownBy(() -> orders.answer(pinned))
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("orders has no partition 12: they are 0 to 11");
        assertThat(orders.store.entries("orders/assignment/settings")).isEmpty();
        assertThatThrownBy(() -> control.pin(-1, "a")).hasMessageContainingAll("partition -1", "16383");
        assertThatThrownBy(() -> control.pin(16_384, "a")).hasMessageContainingAll("partition 16384", "16383");
    }

    @Test
    void whatIsPinnedBeforeAnybodyJoinsIsHeededIfThereIsSuchAPartition() {
        orders.answer(control.pin(3, "b"));
        orders.answer(control.pin(5_000, "b"));
        startTwo();
        assertThat(isOwnedBy(3, "b")).isTrue();
        orders.answer(control.unpin(5_000));
    }

    @Test
    void aDrainedMemberOwnsNothingAlsoAfterItHasComeAgain() {
        startTwo();
        orders.answer(control.drain("b"));
        orders.awaitOwned("b", 0);
        orders.process("b").kill();
        orders.time.runFor(Duration.ofSeconds(10));
        orders.join("b");
        orders.time.runFor(Duration.ofSeconds(10));
        assertThat(orders.owned("b")).isZero();
        assertThat(orders.answer(control.state(false)).members().get(1).draining())
                .isTrue();
        orders.answer(control.undrain("b"));
        orders.awaitOwned("b", 6);
    }

    @Test
    void whileRebalancingIsPausedOnlyWhatLosesItsOwnerMoves() {
        startTwo();
        orders.answer(control.pause());
        orders.join("c");
        orders.time.runFor(Duration.ofSeconds(10));
        assertThat(orders.owned("c")).isZero();
        orders.process("b").kill();
        orders.await("b's partitions at others", () -> orders.owned("a") + orders.owned("c") == 12);
        assertThat(orders.owned("a")).isGreaterThanOrEqualTo(6);
        orders.answer(control.resume());
        orders.awaitOwned("a", 6);
        orders.awaitOwned("c", 6);
    }

    @Test
    void settingsOfMoreThanIsAllowedAreHeeded() {
        StringBuilder text = new StringBuilder("drain\tb");
        for (int i = 0; i < 500; i++) {
            text.append("\npin\t").append(i).append("\ta\ndrain\tgone-").append(i);
        }
        orders.store.operatorWrites("orders/assignment/settings", text.toString());
        orders.join("a");
        orders.join("b");
        orders.awaitOwned("a", 12);
        orders.answer(control.undrain("b"));
        orders.answer(control.unpin(0));
        orders.awaitOwned("b", 1);
        assertThat(isOwnedBy(0, "b")).isTrue();
    }

    @Test
    void twoOperatorsAtOnceBothHaveTheirWay() {
        startTwo();
        CompletableFuture<Void> one = control.pin(0, "a");
        CompletableFuture<Void> other = control.pin(1, "a");
        orders.answer(one);
        orders.answer(other);
        assertThat(partition(0).pinned()).contains("a");
        assertThat(partition(1).pinned()).contains("a");
    }
}

package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionState;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.partition.WorkloadState;
import io.mandate.store.etcd.EtcdStore;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code mandate partitions} and {@code mandate drain}, for members in this process, against a node of one. */
@Tag("integration")
@Timeout(120)
class PartitionCommandsTest {
    private static final int PARTITIONS = 6;

    @TempDir
    private static Path directory;

    private static OneNode node;
    private static String url;
    private static EtcdStore store;

    private record Outcome(int exitCode, List<String> out, String err) {}

    @BeforeAll
    static void startNode() throws Exception {
        node = OneNode.start(directory);
        url = node.url();
        store = EtcdStore.connect(url);
    }

    @AfterAll
    static void stopNode() {
        store.close();
        node.close();
    }

    private static Outcome mandate(String command, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> words = new ArrayList<>(List.of(command, "--store", url, "--timeout", "30s"));
        words.addAll(List.of(arguments));
        int exitCode = Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(words.toArray(String[]::new));
        return new Outcome(exitCode, out.toString().lines().toList(), err.toString());
    }

    private static PartitionMembership join(String workload, String member) throws Exception {
        PartitionMembership share = PartitionedWorkload.of(store, workload, PARTITIONS)
                .member(member)
                .zone("east")
                .label("address", member + ":80")
                .settle(Duration.ofMillis(50))
                .joinAsync(partition -> partition.drainRequested());
        share.joined().get(30, TimeUnit.SECONDS);
        return share;
    }

    private static void await(String workload, Predicate<WorkloadState> wanted) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        WorkloadState state = state(workload);
        while (!wanted.test(state)) {
            assertThat(System.nanoTime()).as("waiting, at %s", state).isLessThan(endNanos);
            LockSupport.parkNanos(5_000_000);
            state = state(workload);
        }
    }

    private static WorkloadState state(String workload) throws Exception {
        return PartitionedWorkload.control(store, workload).state(false).get(30, TimeUnit.SECONDS);
    }

    private static boolean settled(WorkloadState state) {
        return state.partitions().size() == PARTITIONS
                && state.partitions().stream().noneMatch(PartitionState::isMoving);
    }

    private static boolean settledWithEqualShares(WorkloadState state) {
        return settled(state)
                && state.members().size() == 2
                && state.members().stream().allMatch(member -> member.owned() == PARTITIONS / 2);
    }

    @Test
    void membersAndPartitionsAreShownWithTheirShares() throws Exception {
        try (PartitionMembership ada = join("shown", "ada");
                PartitionMembership bob = join("shown", "bob")) {
            await("shown", PartitionCommandsTest::settledWithEqualShares);
            Outcome shown = mandate("partitions", "shown");
            assertThat(shown.exitCode()).isZero();
            assertThat(shown.out().get(0)).startsWith("MEMBER");
            assertThat(shown.out().get(1)).matches("ada +east +1 +- +3 +3 +no +address=ada:80");
            assertThat(shown.out())
                    .last()
                    .asString()
                    .isEqualTo("shown: 6 partitions, 6 owned, 0 moving, 0 unowned; 2 members; rebalancing on");
            List<String> all = mandate("partitions", "shown", "--all").out();
            int mine = ada.owned().firstKey();
            assertThat(all)
                    .anyMatch(line ->
                            line.matches(mine + " +ada +- +" + ada.owned().get(mine) + " +\\d{4}-\\S+Z +-"));
            assertThat(all).hasSize(shown.out().size() + PARTITIONS + 2);
            assertThat(bob.owned()).hasSize(3);
        }
    }

    @Test
    void aDrainedMemberOwnsNothingWhenTheCommandReturnsAndTakesItsShareAfterUndo() throws Exception {
        try (PartitionMembership ada = join("drained", "ada");
                PartitionMembership bob = join("drained", "bob")) {
            await("drained", PartitionCommandsTest::settledWithEqualShares);
            Outcome drained = mandate("drain", "ada", "--of", "drained", "--wait");
            assertThat(drained.exitCode()).isZero();
            assertThat(drained.out()).last().isEqualTo("ada owns 0 partitions of drained");
            assertThat(state("drained").members().get(0).owned()).isZero();
            assertThat(mandate("partitions", "drained").out().get(1)).contains(" yes ");
            assertThat(mandate("drain", "ada", "--of", "drained", "--undo").exitCode())
                    .isZero();
            await("drained", PartitionCommandsTest::settledWithEqualShares);
            assertThat(ada.member()).isNotEqualTo(bob.member());
        }
    }

    @Test
    void aPinnedPartitionGoesToItsMemberAndAPauseIsShown() throws Exception {
        try (PartitionMembership ada = join("pinned", "ada")) {
            await("pinned", PartitionCommandsTest::settled);
            assertThat(mandate("partitions", "pinned", "--pause").out())
                    .last()
                    .asString()
                    .endsWith("paused");
            try (PartitionMembership bob = join("pinned", "bob")) {
                assertThat(mandate("partitions", "pinned", "--pin", "4=bob").exitCode())
                        .isZero();
                assertThat(state("pinned").partitions().get(4).pinned()).isEqualTo(Optional.of(bob.member()));
                assertThat(mandate("partitions", "pinned", "--resume").out())
                        .last()
                        .asString()
                        .endsWith("on");
                await(
                        "pinned",
                        state -> settledWithEqualShares(state)
                                && state.partitions().get(4).owner().equals(Optional.of("bob")));
                mandate("partitions", "pinned", "--unpin", "4");
                assertThat(state("pinned").partitions().get(4).pinned()).isEmpty();
                assertThat(ada.owned()).doesNotContainKey(4);
            }
        }
    }

    @Test
    void whatIsNotThereIsRefusedByWhatThereIs() throws Exception {
        Outcome nobody = mandate("partitions", "never");
        assertThat(nobody.exitCode()).isEqualTo(ExitCode.NO);
        assertThat(nobody.err()).contains("never").contains(url);
        assertThat(mandate("drain", "ada", "--of", "never").exitCode()).isEqualTo(ExitCode.NO);
        try (PartitionMembership ada = join("known", "ada")) {
            await("known", PartitionCommandsTest::settled);
            Outcome member = mandate("drain", "eve", "--of", "known");
            assertThat(member.exitCode()).isEqualTo(ExitCode.NO);
            assertThat(member.err()).contains("no member eve: it has ada");
            assertThat(mandate("partitions", "known", "--pin", "6=ada").err()).contains("0 to 5");
            assertThat(mandate("partitions", "known", "--pin", "1=eve").exitCode())
                    .isEqualTo(ExitCode.NO);
            assertThat(mandate("partitions", "known", "--pause", "--resume").exitCode())
                    .isEqualTo(ExitCode.USAGE);
            assertThat(mandate("partitions", "/known").err()).contains("slash").doesNotContain("\tat ");
            assertThat(ada.owned()).hasSize(PARTITIONS);
        }
    }
}

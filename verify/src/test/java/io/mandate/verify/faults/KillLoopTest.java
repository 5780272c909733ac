package io.mandate.verify.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.faults.FaultLoop.Fault;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerKind;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * No acknowledged write is lost, none is applied twice and none is seen out of order, whichever node is killed with -9.
 * The long form: {@code mvn verify -Plong -pl verify -am -Dit.test=KillLoopTest
 * -Dfailsafe.failIfNoSpecifiedTests=false}; its seed and length are set by {@code -Dkills.seed} and {@code -Dkills}.
 */
@Tag("integration")
class KillLoopTest {
    private static final int CLIENTS = 64;
    private static final int KEYS = 300;

    @TempDir
    Path directory;

    @Test
    @Timeout(180)
    void threeKillsUnderLoadLoseNothing() {
        run(ServerKind.MANDATE, Fault.KILL_ONE, 3, 1_000);
    }

    @Test
    @Timeout(180)
    void killOfAllNodesLosesNothing() {
        run(ServerKind.MANDATE, Fault.KILL_ALL, 2, 500);
    }

    @Test
    @Timeout(180)
    void orderedRestartOfAllNodesLosesNothing() {
        run(ServerKind.MANDATE, Fault.TERMINATE_ALL, 2, 500);
    }

    @Test
    @Timeout(180)
    void pausedNodesTellNothingOldWhenTheyWake() {
        run(ServerKind.MANDATE, Fault.PAUSE_ONE, 4, 500);
    }

    /** What is asked of Mandate is no more than etcd does. */
    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @Timeout(180)
    void etcdLosesNothingEither(Fault fault) {
        run(ServerKind.ETCD, fault, 3, 500);
    }

    /** As with paused nodes, but with reads that may be old: else silence would say nothing. */
    @Test
    @Timeout(180)
    void oldReadsAreConvicted() {
        long seed = System.nanoTime();
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.etcdOrSkip(), 3, directory).start()) {
            FaultLoop.Report report =
                    FaultLoop.run(cluster, new FaultLoop.Plan(Fault.PAUSE_ONE, 4, 1, CLIENTS, KEYS, 500, true, seed));
            assertThat(report.failures())
                    .as("seed %d", seed)
                    .isNotEmpty()
                    .allMatch(failure -> failure.startsWith("STALE_READ"));
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void thirtyKillsUnderLoadLoseNothing(ServerKind kind) {
        int kills = Integer.getInteger("kills", 30);
        run(kind, Fault.KILL_ONE, kills, 1_000L * kills);
    }

    @Test
    @Timeout(180)
    void killsLoseNothingInAnyGroup() {
        run(ServerKind.MANDATE, Fault.KILL_ONE, 3, 4, 1_000);
    }

    @Test
    @Tag("long")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void manyKillsLoseNothingInAnyOfSixteenGroups() {
        int kills = Integer.getInteger("kills", 30);
        run(ServerKind.MANDATE, Fault.KILL_ONE, kills, 16, 1_000L * kills);
    }

    @Test
    @Tag("long")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void killsOfAllNodesLoseNothingInAnyOfSixteenGroups() {
        run(ServerKind.MANDATE, Fault.KILL_ALL, 5, 16, 1_000);
    }

    private void run(ServerKind kind, Fault fault, int rounds, long acknowledgedFloor) {
        run(kind, fault, rounds, 1, acknowledgedFloor);
    }

    private void run(ServerKind kind, Fault fault, int rounds, int groups, long acknowledgedFloor) {
        long seed = Long.getLong("kills.seed", System.nanoTime());
        System.out.println(fault + " " + kind + ": seed " + seed);
        try (ProcessCluster cluster = ProcessCluster.of(TestedServer.of(kind), 3, directory, flags(groups))
                .start()) {
            FaultLoop.Report report = FaultLoop.run(
                    cluster, new FaultLoop.Plan(fault, rounds, groups, CLIENTS, KEYS, acknowledgedFloor, false, seed));
            System.out.println(kind + " " + report);
            assertThat(report.failures())
                    .as("%s, seed %d%s", kind, seed, cluster.logTails())
                    .isEmpty();
        }
    }

    private static String[] flags(int groups) {
        return groups == 1 ? new String[0] : new String[] {"--groups", Integer.toString(groups)};
    }
}

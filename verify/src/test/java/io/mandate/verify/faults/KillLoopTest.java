package io.mandate.verify.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.faults.FaultLoop.Fault;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerKind;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
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

    /**
     * A kill and a pause of the leader and of any node, a kill of all nodes, and their ordered restart. Half a minute,
     * and three where all of it shares one processor with a busy loop.
     */
    @Test
    @Timeout(600)
    void faultsOfEachKindUnderLoadLoseNothingAndTellNothingOld() {
        run(
                ServerKind.MANDATE,
                List.of(
                        Fault.KILL_ONE,
                        Fault.KILL_ONE,
                        Fault.PAUSE_ONE,
                        Fault.PAUSE_ONE,
                        Fault.KILL_ALL,
                        Fault.TERMINATE_ALL),
                1,
                1_000);
    }

    /** What is asked of Mandate is no more than etcd does. */
    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @Timeout(180)
    void etcdLosesNothingEither(Fault fault) {
        run(ServerKind.ETCD, Collections.nCopies(3, fault), 1, 500);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void nothingIsLostByAnyFaultManyTimes(Fault fault) {
        run(ServerKind.MANDATE, Collections.nCopies(10, fault), 1, 2_000);
    }

    /** As above, but readers are told what is no longer so: else silence would say nothing. */
    @Test
    @Timeout(180)
    void oldReadsAreConvicted() {
        long seed = System.nanoTime();
        try (ProcessCluster cluster = ProcessCluster.of(TestedServer.of(ServerKind.MANDATE), 3, directory)
                .start()) {
            FaultLoop.Report report = FaultLoop.run(
                    cluster, new FaultLoop.Plan(List.of(Fault.PAUSE_ONE), 1, CLIENTS, KEYS, 500, true, seed));
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
        run(kind, Collections.nCopies(kills, Fault.KILL_ONE), 1, 1_000L * kills);
    }

    @Test
    @Timeout(180)
    void killsLoseNothingInAnyGroup() {
        run(ServerKind.MANDATE, Collections.nCopies(2, Fault.KILL_ONE), 4, 1_000);
    }

    @Test
    @Tag("long")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void manyKillsLoseNothingInAnyOfSixteenGroups() {
        int kills = Integer.getInteger("kills", 30);
        run(ServerKind.MANDATE, Collections.nCopies(kills, Fault.KILL_ONE), 16, 1_000L * kills);
    }

    @Test
    @Tag("long")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void killsOfAllNodesLoseNothingInAnyOfSixteenGroups() {
        run(ServerKind.MANDATE, Collections.nCopies(5, Fault.KILL_ALL), 16, 1_000);
    }

    private void run(ServerKind kind, List<Fault> faults, int groups, long acknowledgedFloor) {
        long seed = Long.getLong("kills.seed", System.nanoTime());
        System.out.println(faults + " " + kind + ": seed " + seed);
        try (ProcessCluster cluster = ProcessCluster.of(TestedServer.of(kind), 3, directory, flags(groups))
                .start()) {
            FaultLoop.Report report = FaultLoop.run(
                    cluster, new FaultLoop.Plan(faults, groups, CLIENTS, KEYS, acknowledgedFloor, false, seed));
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

package io.mandate.verify.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.TestedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * With its default time-outs a cluster keeps its leader on a machine that is busy, and replaces a dead one once. By
 * {@code mvn verify -Plong -pl verify -am -Dit.test=BusyMachineTest -Dfailsafe.failIfNoSpecifiedTests=false};
 * {@code -Dbusy.seconds}, {@code -Dbusy.kills} and {@code -Dbusy.loops} set its size.
 */
@Tag("long")
class BusyMachineTest {
    private static final int BUSY_LOOPS = Integer.getInteger("busy.loops", 2);
    private static final int CLIENTS = 64;
    private static final int CLIENTS_OF_KILLS = 4;

    @TempDir
    private Path directory;

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void noLeaderIsLostUnderFullLoadBesideBusyLoops() {
        int seconds = Integer.getInteger("busy.seconds", 600);
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.mandate(), 3, directory).start()) {
            BusyMachineRun.Report report =
                    BusyMachineRun.load(cluster, CLIENTS, BUSY_LOOPS, Duration.ofSeconds(seconds));
            System.out.println(seconds + " s beside " + BUSY_LOOPS + " busy loops: " + report);
            assertThat(report.elections()).as(cluster.logTails()).isZero();
            assertThat(report.lateErrors()).isEmpty();
            assertThat(report.acknowledged()).isGreaterThan(100L * seconds);
        }
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void eachDeadLeaderIsReplacedOnceBesideBusyLoops() {
        int kills = Integer.getInteger("busy.kills", 20);
        try (ProcessCluster cluster =
                ProcessCluster.of(TestedServer.mandate(), 3, directory).start()) {
            BusyMachineRun.Report report = BusyMachineRun.kills(cluster, CLIENTS_OF_KILLS, BUSY_LOOPS, kills);
            System.out.println(kills + " kills beside " + BUSY_LOOPS + " busy loops: " + report);
            assertThat(report.elections()).as(cluster.logTails()).isEqualTo(kills);
            assertThat(report.lateErrors()).isEmpty();
        }
    }
}

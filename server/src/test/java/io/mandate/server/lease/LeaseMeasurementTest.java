package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Prints measurements; the assertions hold on any machine. */
@Tag("long")
class LeaseMeasurementTest {
    private static final int LEASES = 1_000_000;
    private static final int WAITING = 100_000;

    private long nowNanos;

    @Test
    void aMillionLeases() {
        FakeReplica replica = new FakeReplica();
        LeaseKeeper keeper = new LeaseKeeper(replica, () -> nowNanos);
        for (int i = 1; i <= LEASES; i++) {
            replica.grant(i, 10_000);
        }
        runUntilIdle(keeper);
        long before = usedBytes();
        replica.gainLeadership(1);
        long start = System.nanoTime();
        runUntilIdle(keeper);
        print("promotion leases=%d millis=%d", LEASES, (System.nanoTime() - start) / 1_000_000);
        print("keeper_bytes_per_lease=%d", (usedBytes() - before) / LEASES);

        for (int round = 0; round < 3; round++) {
            start = System.nanoTime();
            CompletableFuture<LeaseTime> last = new CompletableFuture<>();
            for (int i = 1; i <= LEASES; i++) {
                last = keeper.renew(i);
                if (i % WAITING == 0) {
                    keeper.runOnce();
                    replica.proveAll();
                    keeper.runOnce();
                }
            }
            assertThat(last).isCompletedWithValue(new LeaseTime(10_000, 10_000));
            print("renewals_per_second=%d", perSecond(start));
        }

        for (int i = 0; i < 150; i++) {
            keeper.sleepNanos();
            nowNanos += 100_000_000;
            keeper.runOnce();
        }
        start = System.nanoTime();
        while (!replica.keyspace.leases().isEmpty() && System.nanoTime() - start < 120_000_000_000L) {
            for (int i = 0; i < 100; i++) {
                replica.proveAll();
                keeper.runOnce();
                while (!replica.proposals.isEmpty()) {
                    replica.applyProposal();
                }
                keeper.runOnce();
            }
        }
        assertThat(replica.keyspace.leases()).isEmpty();
        print("expiries_per_second=%d", perSecond(start));
    }

    private static void runUntilIdle(LeaseKeeper keeper) {
        do {
            keeper.runOnce();
        } while (keeper.sleepNanos() == 0);
    }

    private static long perSecond(long startNanos) {
        return LEASES * 1_000_000_000L / (System.nanoTime() - startNanos);
    }

    private static long usedBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
            LockSupport.parkNanos(100_000_000);
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static void print(String format, Object... arguments) {
        System.out.println(String.format(Locale.ROOT, "lease_figures " + format, arguments));
    }
}

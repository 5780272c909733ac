package io.mandate.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.ScheduleHealth.State;
import io.mandate.testkit.InMemoryStore;
import io.mandate.testkit.PausableStore;
import io.mandate.testkit.SimulatedStore;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What scheduled work sees on threads of its own, in real time. */
@Timeout(60)
class ScheduledThreadsTest {
    private static final Schedule OFTEN = Schedule.fixedRate(Duration.ofMillis(100));

    private record Run(Instant slot, long token) {}

    private final BlockingQueue<Run> runs = new LinkedBlockingQueue<>();
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private InMemoryStore server;
    private PausableStore store;

    @BeforeEach
    void open() {
        server = SimulatedStore.inMemory();
        store = new PausableStore(server.connect());
    }

    @AfterEach
    void close() {
        store.close();
        server.close();
    }

    private Run next() throws InterruptedException {
        Run run = runs.poll(20, TimeUnit.SECONDS);
        assertThat(run).as("a run within 20 s").isNotNull();
        return run;
    }

    private void stayUntilInterrupted() throws InterruptedException {
        try {
            new CountDownLatch(1).await();
        } finally {
            interrupted.countDown();
        }
    }

    @Test
    void workIsInterruptedWhenItsTermEndsAndItsSlotIsRunAgainInTheNext() throws Exception {
        try (Election election =
                Election.on(store).name("job").ttl(Duration.ofMillis(600)).join()) {
            election.schedule(OFTEN).missed(MissedRuns.CATCH_UP).start((term, slot) -> {
                runs.add(new Run(slot, term.token()));
                if (interrupted.getCount() > 0) {
                    stayUntilInterrupted();
                }
            });
            Run first = next();
            store.pause();
            interrupted.await();
            store.resume();
            Run again = next();
            assertThat(again.slot()).isEqualTo(first.slot());
            assertThat(again.token()).isGreaterThan(first.token());
        }
    }

    @Test
    void closingInterruptsARunThatOutlastsTheDrainTimeoutAndLeavesOtherSchedulesAlone() throws Exception {
        try (Election election = Election.on(store)
                .name("job")
                .drainTimeout(Duration.ofMillis(50))
                .join()) {
            CountDownLatch begun = new CountDownLatch(1);
            LeaderSchedule stuck = election.schedule(OFTEN).name("stuck").start((term, slot) -> {
                begun.countDown();
                stayUntilInterrupted();
            });
            election.schedule(OFTEN).start((term, slot) -> runs.add(new Run(slot, term.token())));
            begun.await();
            assertThat(stuck.health().state()).isEqualTo(State.RUNNING);
            stuck.close();
            assertThat(interrupted.getCount()).isZero();
            assertThat(stuck.health().state()).isEqualTo(State.CLOSED);
            long token = next().token();
            runs.clear();
            assertThat(next().token()).isEqualTo(token);
        }
    }
}

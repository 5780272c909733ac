package io.mandate.election.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.InMemoryStore;
import io.mandate.testkit.SimulatedStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LeaderScheduleTest {
    private static final String KEY = "mandate/schedule/job";
    private static final Schedule HOURLY = Schedule.fixedRate(Duration.ofHours(1));

    private final BlockingQueue<Instant> slots = new LinkedBlockingQueue<>();
    private InMemoryStore server;
    private LeaseStore store;

    @BeforeEach
    void open() {
        server = SimulatedStore.inMemory();
        store = server.connect();
    }

    @AfterEach
    void close() {
        store.close();
        server.close();
    }

    private LeaderSchedule start(Schedule schedule, Missed missed, ScheduledWork work) {
        Election election =
                Election.on(store).name("job").ttl(Duration.ofMillis(600)).join();
        return LeaderSchedule.start(store, election, schedule, missed, work);
    }

    private void remember(SlotRecord record) throws Exception {
        assertThat(store.compareAndSet(KEY, 0, record.text(), 0)
                        .toCompletableFuture()
                        .get())
                .isNotNull();
    }

    private SlotRecord remembered() throws Exception {
        return SlotRecord.parse(
                store.read(KEY).toCompletableFuture().get().orElseThrow().value());
    }

    private Instant next() throws InterruptedException {
        Instant slot = slots.poll(20, TimeUnit.SECONDS);
        assertThat(slot).as("a run within 20 s").isNotNull();
        return slot;
    }

    @Test
    void ofTwoSchedulesOneRunsEachSlotAndTheOtherGoesOnWhenItIsClosed() throws Exception {
        Schedule often = Schedule.fixedRate(Duration.ofMillis(100));
        LeaderSchedule one = start(often, Missed.CATCH_UP, (term, slot) -> slots.add(slot));
        try (LeaderSchedule two = start(often, Missed.CATCH_UP, (term, slot) -> slots.add(slot))) {
            assertThat(two).isNotNull();
            List<Instant> seen = new ArrayList<>(List.of(next(), next(), next()));
            one.close();
            seen.addAll(slots);
            slots.clear();
            for (int i = 0; i < 3; i++) {
                seen.add(next());
            }
            assertThat(seen).doesNotHaveDuplicates().isSorted();
            for (int i = 1; i < seen.size(); i++) {
                assertThat(seen.get(i)).isEqualTo(seen.get(i - 1).plusMillis(100));
            }
        }
    }

    @Test
    void slotsThatNobodyRanAreCaughtUpTheOldestFirst() throws Exception {
        Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
        remember(new SlotRecord(hour.minus(3, ChronoUnit.HOURS), 1, Optional.of(hour.minus(3, ChronoUnit.HOURS))));
        try (LeaderSchedule schedule = start(HOURLY, Missed.CATCH_UP, (term, slot) -> slots.add(slot))) {
            assertThat(schedule).isNotNull();
            assertThat(List.of(next(), next(), next()))
                    .containsExactly(hour.minus(2, ChronoUnit.HOURS), hour.minus(1, ChronoUnit.HOURS), hour);
        }
        assertThat(remembered().slot()).isEqualTo(hour);
        assertThat(remembered().finished()).isPresent();
    }

    @Test
    void slotsThatNobodyRanAreLeftOutIfAskedTo() throws Exception {
        Instant now = Instant.now();
        Instant old = now.minus(3, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS);
        remember(new SlotRecord(old, 1, Optional.of(old)));
        try (LeaderSchedule schedule =
                start(Schedule.fixedRate(Duration.ofSeconds(1)), Missed.SKIP, (term, slot) -> slots.add(slot))) {
            assertThat(schedule).isNotNull();
            assertThat(next()).isAfterOrEqualTo(now.truncatedTo(ChronoUnit.SECONDS));
        }
    }

    @Test
    void aSlotWhoseRunDidNotReturnIsRunAgainIfMissedOnesAreCaughtUp() throws Exception {
        Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
        remember(new SlotRecord(hour, 1, Optional.empty()));
        try (LeaderSchedule schedule = start(HOURLY, Missed.CATCH_UP, (term, slot) -> slots.add(slot))) {
            assertThat(schedule).isNotNull();
            assertThat(next()).isEqualTo(hour);
        }
    }

    @Test
    void aRunThatFailsDoesNotStopTheSchedule() throws Exception {
        try (LeaderSchedule schedule = start(Schedule.fixedDelay(Duration.ofMillis(100)), Missed.SKIP, (term, slot) -> {
            slots.add(slot);
            throw new IllegalStateException("out of paper");
        })) {
            assertThat(schedule).isNotNull();
            assertThat(next()).isBefore(next());
        }
    }

    @Test
    void whoeverClaimedASlotWithALargerTokenIsNotOverwritten() throws Exception {
        BlockingQueue<String> ended = new LinkedBlockingQueue<>();
        try (LeaderSchedule schedule = start(Schedule.fixedDelay(Duration.ofMillis(100)), Missed.SKIP, (term, slot) -> {
            if (slots.isEmpty()) {
                slots.add(slot);
                // As if another one had begun to lead meanwhile, and claimed a slot of its own.
                var present = store.read(KEY).toCompletableFuture().get().orElseThrow();
                SlotRecord others = new SlotRecord(slot, term.token() + 1, Optional.of(slot));
                store.compareAndSet(KEY, present.version(), others.text(), 0)
                        .toCompletableFuture()
                        .get();
                term.ended().thenAccept(why -> ended.add(why.name()));
            }
        })) {
            assertThat(schedule).isNotNull();
            assertThat(ended.poll(20, TimeUnit.SECONDS)).isEqualTo("SUPERSEDED");
        }
    }
}

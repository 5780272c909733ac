package io.mandate.election.internal.driver;

import io.mandate.election.internal.schedule.SlotRecord;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last slot of a schedule, as the store remembers it: read, and written by compare-and-set upon what was read, as
 * often as it takes. An outage of the store is logged once. Everything runs on the loop, one request at a time.
 */
final class RememberedSlot {
    private static final Logger LOG = LoggerFactory.getLogger(ScheduleDriver.class);

    private static final String PREFIX = "mandate/schedule/";
    /** Apart from those without a name, whose elections' names may contain slashes. */
    private static final String PREFIX_OF_NAMED = "mandate/schedules/";

    private static final long RETRY_NANOS_MIN = 100_000_000;
    private static final long RETRY_NANOS_MAX = 5_000_000_000L;

    private final StoreLoop loop;
    private final LeaseStore store;
    private final Scheduler scheduler;
    private final String key;
    private final String words;
    private final BooleanSupplier triesAgain;
    private long version;
    /** Answers to what was asked for before it was abandoned are nobody's. */
    private long epoch;

    private int failures;
    private Scheduler.@Nullable Timer timer;
    private @Nullable Instant retryAt;
    private String failure = "";

    /**
     * Of one schedule of an election.
     *
     * @param words name the schedule in log lines
     * @param triesAgain asked when a request has failed: false abandons it
     */
    RememberedSlot(StoreLoop loop, String election, String schedule, String words, BooleanSupplier triesAgain) {
        this.loop = loop;
        this.store = loop.store();
        this.scheduler = loop.scheduler();
        this.key = schedule.isEmpty() ? PREFIX + election : PREFIX_OF_NAMED + schedule + "/" + election;
        this.words = words;
        this.triesAgain = triesAgain;
    }

    /** What the store last failed with; empty if it answered since. */
    String failure() {
        return failure;
    }

    /** When it is asked again; empty while it is being asked, or is not to be. */
    Optional<Instant> retryAt() {
        return Optional.ofNullable(retryAt);
    }

    /** Leaves open whether what was asked for takes effect. */
    void abandon() {
        epoch++;
        failures = 0;
        retryAt = null;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    void read(Consumer<Optional<SlotRecord>> found) {
        ask(() -> store.read(key), entry -> accept(entry, found, () -> read(found)), () -> read(found));
    }

    /**
     * Writes a record that names its writer's term.
     *
     * @param instead gets what somebody else wrote since this was read or written last
     */
    void write(SlotRecord record, Runnable written, Consumer<SlotRecord> instead) {
        Runnable again = () -> write(record, written, instead);
        ask(
                () -> store.compareAndSet(key, version, record.text(), 0),
                swap -> {
                    if (swap instanceof CasResult.Written done) {
                        accept(Optional.of(done.entry()), unused -> written.run(), again);
                    } else if (swap instanceof CasResult.Refused refused) {
                        refused(record, refused.present(), written, instead, again);
                    } else {
                        throw new AssertionError("a write without a lease was refused for its lease: " + swap);
                    }
                },
                again);
    }

    private void refused(
            SlotRecord record,
            @Nullable Entry present,
            Runnable written,
            Consumer<SlotRecord> instead,
            Runnable again) {
        if (present == null) {
            // Deleted by somebody who leads nothing: a leader writes.
            LOG.warn("schedule-record-deleted {}", words);
            version = 0;
            tryAgain(again);
        } else if (present.value().equals(record.text())) {
            // The answer to a write that was sent twice.
            accept(Optional.of(present), unused -> written.run(), again);
        } else {
            accept(Optional.of(present), others -> others.ifPresent(instead), again);
        }
    }

    private void accept(Optional<Entry> entry, Consumer<Optional<SlotRecord>> accepted, Runnable again) {
        Optional<SlotRecord> record;
        try {
            record = entry.map(Entry::value).map(SlotRecord::parse);
        } catch (IllegalArgumentException foreign) {
            failed(foreign, again);
            return;
        }
        if (!failure.isEmpty()) {
            LOG.info("schedule-goes-on {}", words);
        }
        failure = "";
        failures = 0;
        version = entry.map(Entry::version).orElse(0L);
        accepted.accept(record);
    }

    private <A> void ask(Supplier<CompletionStage<A>> request, Consumer<A> answered, Runnable again) {
        long asked = epoch;
        timer = null;
        retryAt = null;
        CompletionStage<A> answer;
        try {
            answer = request.get();
        } catch (RuntimeException refused) {
            answer = CompletableFuture.failedStage(refused);
        }
        answer.whenComplete((value, failed) -> scheduler.execute(() -> {
            if (asked != epoch) {
                return;
            }
            if (failed == null) {
                answered.accept(value);
            } else {
                failed(failed, again);
            }
        }));
    }

    private void failed(Throwable thrown, Runnable again) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        boolean first = failure.isEmpty();
        failure = String.valueOf(cause.getMessage());
        if (first && cause instanceof StoreException) {
            LOG.warn("schedule-waits-for-store {} cause=\"{}\"", words, failure);
        } else if (first) {
            LOG.error("schedule-waits-for-store {}", words, cause);
        }
        tryAgain(again);
    }

    private void tryAgain(Runnable again) {
        long nanos = Math.min(RETRY_NANOS_MAX, RETRY_NANOS_MIN << Math.min(failures, 10));
        failures++;
        long delayNanos = jittered(nanos);
        retryAt = scheduler.now().plusNanos(delayNanos).wallTime();
        if (triesAgain.getAsBoolean()) {
            timer = scheduler.schedule(delayNanos, again);
        } else {
            abandon();
        }
    }

    /** Between half of it and all of it, so that those who failed together do not come again together. */
    long jittered(long nanos) {
        return nanos / 2 + loop.random().nextLong(nanos / 2 + 1);
    }
}

package io.mandate.election.internal.driver;

import io.mandate.election.FailedRuns;
import io.mandate.election.ScheduleHealth;
import io.mandate.election.ScheduleHealth.State;
import io.mandate.election.ScheduledWork;
import io.mandate.election.internal.schedule.SlotRecord;
import io.mandate.election.internal.schedule.Slots;
import io.mandate.election.internal.time.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one schedule in the terms of its candidate: reads the last slot from the store, claims the next one there,
 * runs the work and records that it has returned. Everything runs on the loop unless it says otherwise.
 */
public final class ScheduleDriver {
    private static final Logger LOG = LoggerFactory.getLogger(ScheduleDriver.class);

    /** The wall clock may be set while a timer waits on the monotonic one. */
    private static final Duration LOOK_MAX = Duration.ofSeconds(30);

    private static final long RUN_AGAIN_NANOS_MIN = 1_000_000_000;
    private static final long RUN_AGAIN_NANOS_MAX = 60_000_000_000L;

    private enum Stage {
        /** No term, or none that goes on. */
        IDLE,
        READING,
        WAITING,
        CLAIMING,
        RUNNING,
        RECORDING
    }

    private final Schedules all;
    private final String name;
    private final Slots slots;
    private final FailedRuns failedRuns;
    private final ScheduledWork work;
    private final RememberedSlot remembered;
    private final Scheduler scheduler;
    private final CompletableFuture<Void> closed;

    // From here on written by the loop.
    private @Nullable HeldTerm term;
    private Stage stage = Stage.IDLE;
    /** Nothing new is begun in this term. */
    private boolean finishing;

    private boolean closing;
    private @Nullable ScheduledRun run;
    private int failedRunsInARow;
    private Scheduler.@Nullable Timer timer;
    private Scheduler.@Nullable Timer drain;
    private @Nullable Instant slot;
    private @Nullable Instant toldAhead;
    private String runFailure = "";
    private volatile ScheduleHealth health;

    ScheduleDriver(Schedules all, ScheduleSettings settings, ScheduledWork work) {
        this.all = all;
        this.closed = all.candidate().threads().afterWork();
        this.name = settings.name();
        this.slots = new Slots(settings.schedule(), settings.missed(), settings.clockTolerance());
        this.failedRuns = settings.failedRuns();
        this.work = work;
        this.remembered = new RememberedSlot(all.loop(), all.electionName(), name, words(), this::triesAgain);
        this.scheduler = all.loop().scheduler();
        this.health = campaigning();
    }

    /** The name that distinguishes it from the other schedules of its election; empty by default. */
    public String name() {
        return name;
    }

    /** Its state, what it waits for, and the last failures. */
    public ScheduleHealth health() {
        ScheduleHealth now = health;
        if (closed.isDone() || all.election().isClosed()) {
            return new ScheduleHealth(
                    State.CLOSED, "nothing: it is closed", Optional.empty(), now.storeFailure(), now.runFailure());
        }
        // Who does not lead asks the store as a candidate, and hears of it there.
        return now.state() == State.CAMPAIGNING && now.storeFailure().isEmpty()
                ? new ScheduleHealth(
                        now.state(), now.waitsFor(), now.slot(), all.loop().lastFailure(), now.runFailure())
                : now;
    }

    /**
     * Begins no other run, and completes when the one that is under way has returned.
     *
     * @return completes when no work of it runs, and, if it was the last of its election's schedules, the candidate has
     *     left
     */
    public CompletableFuture<Void> closeAsync() {
        if (all.election().isClosed()) {
            return all.election().closeAsync();
        }
        scheduler.execute(() -> {
            if (!closing && !closed.isDone()) {
                closing = true;
                finish();
                if (isBusy()) {
                    drain = scheduler.schedule(all.drainTimeout().toNanos(), this::drainOverdue);
                }
                all.settle();
            }
        });
        return closed.copy();
    }

    /**
     * Returns unless the work of this candidate calls it.
     *
     * @param call which would wait, for the message
     * @throws IllegalStateException if the work of this candidate calls it
     */
    public void requireOtherThread(String call) {
        all.candidate().threads().requireOtherThread(call);
    }

    boolean isClosing() {
        return closing;
    }

    /** Whether something is under way that the term must not be released before. */
    boolean isBusy() {
        return stage == Stage.CLAIMING || stage == Stage.RUNNING || stage == Stage.RECORDING;
    }

    void begin(HeldTerm begun) {
        if (closing) {
            return;
        }
        term = begun;
        finishing = false;
        enter(Stage.READING);
        remembered.read(this::resume);
    }

    /** Begins nothing new; what was begun is brought to its end. */
    void finish() {
        finishing = true;
        boolean isAsked = stage == Stage.CLAIMING && remembered.retryAt().isEmpty();
        if (stage != Stage.RECORDING && run == null && !isAsked) {
            rest();
        }
    }

    void termOver() {
        term = null;
        if (run != null) {
            run.interrupt();
        }
        rest();
    }

    /** Also what only remains to be written down is given up: the next leader runs it again, if it is to catch up. */
    void drainOverdue() {
        if (run != null) {
            run.interrupt();
        } else {
            rest();
        }
        all.settle();
    }

    void end() {
        if (drain != null) {
            drain.cancel();
        }
        all.candidate().workers().execute(() -> closed.complete(null));
    }

    /** Until the next term, or for ever. */
    private void rest() {
        remembered.abandon();
        failedRunsInARow = 0;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        slot = null;
        enter(run == null ? Stage.IDLE : Stage.RUNNING);
    }

    private void resume(Optional<SlotRecord> last) {
        Instant now = wallTime();
        slots.resume(last, now);
        int due = slots.due(now);
        if (due > 1) {
            LOG.info("schedule-catches-up {} slots={} first={}", words(), due, slots.next(now));
        }
        step();
    }

    private void step() {
        timer = null;
        if (term == null || finishing) {
            rest();
            all.settle();
            return;
        }
        Instant now = wallTime();
        Instant next = slots.next(now);
        slot = next;
        tellAhead(now, next);
        if (slots.isDue(now)) {
            claim(next);
            return;
        }
        enter(Stage.WAITING);
        Duration left = Duration.between(now, next);
        timer = scheduler.schedule((left.compareTo(LOOK_MAX) < 0 ? left : LOOK_MAX).toNanos(), this::step);
    }

    /** Once for each slot that another clock, or this one before it was set, has run ahead. */
    private void tellAhead(Instant now, Instant next) {
        if (!slots.isAhead(now) || slots.last().equals(toldAhead)) {
            return;
        }
        toldAhead = slots.last();
        LOG.warn(
                "schedule-slot-ahead {} stored={} clock={} believed={} next={} remedy=\"{}\"",
                words(),
                slots.last(),
                now,
                slots.isBelieved(now),
                next,
                "compare the clocks of the candidates");
    }

    private void claim(Instant due) {
        HeldTerm leads = term;
        if (leads != null) {
            enter(Stage.CLAIMING);
            SlotRecord claimed = new SlotRecord(due, leads.token(), Optional.empty());
            remembered.write(claimed, () -> run(leads, claimed), others -> foundInstead(leads, others));
        }
    }

    /** The writer of a larger token leads now. */
    private void foundInstead(HeldTerm leads, SlotRecord others) {
        if (others.token() > leads.token()) {
            LOG.warn("schedule-superseded {} token={} by={}", words(), leads.token(), others.token());
            leads.superseded();
        } else {
            // A write of an earlier leader that came late: it counts, and this one goes on from there.
            resume(Optional.of(others));
        }
    }

    private void run(HeldTerm leads, SlotRecord claimed) {
        timer = null;
        ScheduledRun begun = new ScheduledRun(
                all.candidate().threads(),
                leads,
                claimed.slot(),
                work,
                thrown -> scheduler.execute(() -> returned(leads, claimed, thrown)));
        run = begun;
        enter(Stage.RUNNING);
        all.candidate().workers().execute(begun);
    }

    private void returned(HeldTerm leads, SlotRecord claimed, @Nullable Throwable thrown) {
        run = null;
        if (term != leads || leads.isOver()) {
            LOG.warn("scheduled-run-cut-off {} slot={} cause=\"its term is over\"", words(), claimed.slot());
            rest();
        } else if (thrown == null) {
            runFailure = "";
            record(leads, claimed);
        } else {
            failed(leads, claimed, thrown);
        }
        all.settle();
    }

    private void failed(HeldTerm leads, SlotRecord claimed, Throwable thrown) {
        LOG.error("scheduled-run-failed {} slot={}", words(), claimed.slot(), thrown);
        runFailure = thrown.toString();
        Instant now = wallTime();
        long delayNanos = remembered.jittered(
                Math.min(RUN_AGAIN_NANOS_MAX, RUN_AGAIN_NANOS_MIN << Math.min(failedRunsInARow, 10)));
        failedRunsInARow++;
        boolean again = failedRuns == FailedRuns.RETRY
                && !finishing
                && now.plusNanos(delayNanos).isBefore(slots.following(now));
        if (again) {
            timer = scheduler.schedule(delayNanos, () -> run(leads, claimed));
            show("the time to run its work again, at " + now.plusNanos(delayNanos));
        } else {
            record(leads, claimed);
        }
    }

    private void record(HeldTerm leads, SlotRecord claimed) {
        failedRunsInARow = 0;
        enter(Stage.RECORDING);
        SlotRecord done = new SlotRecord(claimed.slot(), claimed.token(), Optional.of(wallTime()));
        remembered.write(done, () -> recorded(done), others -> foundInstead(leads, others));
    }

    private void recorded(SlotRecord done) {
        slots.ran(done);
        step();
    }

    /** What was under way is, unless nothing new is to be begun. */
    private boolean triesAgain() {
        HeldTerm leads = term;
        if (leads == null || (finishing && stage != Stage.RECORDING)) {
            rest();
            all.settle();
            return false;
        }
        show("the store, which it asks again at "
                + remembered.retryAt().map(Instant::toString).orElse("once")
                + " for as long as its term lives, now until " + leads.deadline());
        return true;
    }

    private Instant wallTime() {
        return scheduler.now().wallTime();
    }

    private String words() {
        return "election=" + all.electionName() + (name.isEmpty() ? "" : " schedule=" + name);
    }

    private void enter(Stage entered) {
        stage = entered;
        show(waitsFor());
    }

    private String waitsFor() {
        return switch (stage) {
            case IDLE -> "leadership of election " + all.electionName();
            case READING -> "the store, to read which slot was run last";
            case WAITING -> "the slot at " + slot;
            case CLAIMING -> "the store, to claim the slot at " + slot;
            case RUNNING -> "its work to return";
            case RECORDING -> "the store, to record that the slot at " + slot + " was run";
        };
    }

    private void show(String waitsFor) {
        State state = switch (stage) {
            case IDLE -> State.CAMPAIGNING;
            case READING, CLAIMING, RECORDING -> State.ASKING_STORE;
            case WAITING -> State.WAITING;
            case RUNNING -> State.RUNNING;
        };
        health = new ScheduleHealth(state, waitsFor, Optional.ofNullable(slot), remembered.failure(), runFailure);
    }

    private ScheduleHealth campaigning() {
        return new ScheduleHealth(
                State.CAMPAIGNING, "leadership of election " + all.electionName(), Optional.empty(), "", "");
    }

    @Override
    public String toString() {
        ScheduleHealth now = health();
        return "schedule " + (name.isEmpty() ? "" : name + " ") + "of election " + all.electionName()
                + ", which waits for " + now.waitsFor();
    }
}

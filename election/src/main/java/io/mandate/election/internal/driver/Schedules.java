package io.mandate.election.internal.driver;

import io.mandate.election.ScheduledWork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schedules of one candidate: they share its campaign, which is on for as long as one of them is open. Everything
 * runs on the loop unless it says otherwise. No failure of the store, or of the work, ends a campaign: what is left of
 * a term goes to the schedules, and when it is over the candidate campaigns again.
 */
public final class Schedules {
    private static final Logger LOG = LoggerFactory.getLogger(Schedules.class);

    /** Each is a few timers and requests: more than this are one schedule that looks into a table. */
    static final int OPEN_MAX = 1_000;

    /** How soon a candidate that others use meanwhile is asked again. */
    private static final long CAMPAIGN_AGAIN_NANOS = 1_000_000_000;

    private final ElectionDriver election;
    private final Candidate candidate;
    private final StoreLoop loop;
    private final Duration drainTimeout;
    private final List<ScheduleDriver> open = new ArrayList<>();
    private @Nullable HeldTerm term;
    /** From the begin of a term until {@link Candidate#workReturned} is called. */
    private boolean atWork;

    private boolean finishing;
    /** From here on under the lock, because a start that is not possible fails at once. */
    private final Set<String> names = new HashSet<>();

    private @Nullable Round round;

    Schedules(ElectionDriver election) {
        this.election = election;
        this.candidate = election.candidate();
        this.loop = election.loop();
        this.drainTimeout = election.options().drainTimeout();
    }

    ElectionDriver election() {
        return election;
    }

    String electionName() {
        return election.options().name();
    }

    Candidate candidate() {
        return candidate;
    }

    StoreLoop loop() {
        return loop;
    }

    Duration drainTimeout() {
        return drainTimeout;
    }

    /** From any thread. */
    public ScheduleDriver start(ScheduleSettings settings, ScheduledWork work) {
        ScheduleDriver started = new ScheduleDriver(this, settings, work);
        synchronized (this) {
            requireRoomFor(settings.name());
            campaign();
            names.add(settings.name());
        }
        loop.scheduler().execute(() -> {
            open.add(started);
            HeldTerm leads = term;
            if (leads != null && !finishing) {
                started.begin(leads);
            }
            // The last one before may have left meanwhile.
            campaignAgain();
        });
        return started;
    }

    private void requireRoomFor(String name) {
        if (names.contains(name)) {
            throw new IllegalStateException(
                    "a schedule named '" + name + "' of election " + electionName() + " runs on candidate "
                            + election.options().candidate() + " already: close it, or name this one differently");
        }
        if (names.size() >= OPEN_MAX) {
            throw new IllegalStateException("candidate " + election.options().candidate() + " of election "
                    + electionName() + " has " + OPEN_MAX + " schedules, and may have no more: use another election");
        }
    }

    private synchronized void campaign() {
        if (round == null) {
            Round next = new Round();
            election.begin(next, true);
            round = next;
        }
    }

    private void campaignAgain() {
        if (open.isEmpty()) {
            return;
        }
        try {
            campaign();
        } catch (IllegalStateException refused) {
            if (election.isClosed()) {
                List.copyOf(open).forEach(this::end);
            } else {
                LOG.warn("schedules-wait election={} cause=\"{}\"", electionName(), refused.getMessage());
                loop.scheduler().schedule(CAMPAIGN_AGAIN_NANOS, this::campaignAgain);
            }
        }
    }

    /** Leaves the term, and the election, when nothing keeps it from that. To be called when something has changed. */
    void settle() {
        for (ScheduleDriver schedule : List.copyOf(open)) {
            if (schedule.isClosing() && !schedule.isBusy()) {
                end(schedule);
            }
        }
        if (atWork && (term == null || finishing) && open.stream().noneMatch(ScheduleDriver::isBusy)) {
            atWork = false;
            candidate.workReturned(false);
        }
        Round on = current();
        if (on != null && open.stream().allMatch(ScheduleDriver::isClosing)) {
            candidate.abandon(on);
        }
    }

    private synchronized @Nullable Round current() {
        return round;
    }

    private void end(ScheduleDriver schedule) {
        open.remove(schedule);
        synchronized (this) {
            names.remove(schedule.name());
        }
        Round on = current();
        if (on == null || !open.isEmpty()) {
            schedule.end();
        } else {
            // The last one is closed when the next candidate may lead.
            candidate.abandon(on);
            on.left().thenRun(schedule::end);
        }
    }

    private void finish(HeldTerm asked) {
        if (term == asked) {
            finishing = true;
            open.forEach(ScheduleDriver::finish);
            settle();
        }
    }

    private void left() {
        synchronized (this) {
            round = null;
        }
        campaignAgain();
    }

    /** One campaign, of as many terms as it takes. */
    private final class Round extends Campaign {
        Round() {
            super(candidate.threads());
        }

        @Override
        void began(HeldTerm begun) {
            term = begun;
            atWork = true;
            finishing = false;
            begun.resignRequested().thenRun(() -> loop.scheduler().execute(() -> finish(begun)));
            open.forEach(schedule -> schedule.begin(begun));
            settle();
        }

        @Override
        void ended() {
            term = null;
            open.forEach(ScheduleDriver::termOver);
            settle();
        }

        @Override
        void drainOverdue() {
            open.forEach(ScheduleDriver::drainOverdue);
            settle();
        }

        @Override
        void closeOverdue() {
            // Runs may still write: they were interrupted, and close() waits until they have returned.
        }

        @Override
        void withdraw() {
            // The schedules have the term.
        }

        @Override
        void complete() {
            loop.scheduler().execute(Schedules.this::left);
        }
    }
}

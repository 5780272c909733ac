package io.mandate.election.candidacy;

import io.mandate.election.queue.CandidateKeys;
import io.mandate.election.session.TermEnd;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.time.Moment;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Brings a candidate to the head of an election's queue and out of it again. Pure: events in, effects out, no clock,
 * thread or store of its own. Confined to one thread at a time.
 *
 * <p>Each candidate has a key in the store, on its process' lease. Whoever has the key that was created first leads,
 * and the version at which it was created is the fencing token. The others wait, each for the one before it, so that a
 * leader's end wakes one of them and not all. (The queue of ZooKeeper's recipes, and of etcd's {@code concurrency}
 * package, whose candidates may take part: they use the same keys.)
 *
 * <table>
 *   <caption>Transitions. "Again" means entering if there is a lease, else absent; or out, telling so, if nobody wants
 *   to lead any more.</caption>
 *   <tr><th>state</th><th>event</th><th>next</th><th>what is to be done</th></tr>
 *   <tr><td>out</td><td>campaign</td><td>again</td><td></td></tr>
 *   <tr><td>absent</td><td>lease began</td><td>entering</td><td>enter</td></tr>
 *   <tr><td>absent</td><td>resign</td><td>out</td><td>tell: left</td></tr>
 *   <tr><td>entering</td><td>entered</td><td>waiting, or leaving if resigned meanwhile</td><td>look</td></tr>
 *   <tr><td>waiting</td><td>looked: first</td><td>leading</td><td>begin term; watch own key</td></tr>
 *   <tr><td>waiting</td><td>looked: first, one of higher priority waits</td><td>leaving</td><td>remove</td></tr>
 *   <tr><td>waiting</td><td>looked: not first</td><td>waiting, or leaving if not patient</td><td>watch the one before,
 *   or remove</td></tr>
 *   <tr><td>waiting</td><td>looked: not there</td><td>again</td><td></td></tr>
 *   <tr><td>waiting</td><td>looked: there, on no lease</td><td>leaving, after a while</td><td>remove</td></tr>
 *   <tr><td>waiting</td><td>resign</td><td>leaving</td><td>remove</td></tr>
 *   <tr><td>leading</td><td>resign, or looked: one of higher priority waits</td><td>finishing</td><td>ask to
 *   finish</td></tr>
 *   <tr><td>leading, finishing</td><td>work returned</td><td>leaving</td><td>end term: resigned; remove</td></tr>
 *   <tr><td>leading, finishing</td><td>lease ended</td><td>draining</td><td>end term</td></tr>
 *   <tr><td>leading, finishing</td><td>looked: not there</td><td>draining</td><td>end term: superseded</td></tr>
 *   <tr><td>leading, finishing</td><td>term over</td><td>draining</td><td>end term</td></tr>
 *   <tr><td>draining</td><td>work returned</td><td>leaving if the key may be there, else again</td><td></td></tr>
 *   <tr><td>finishing</td><td>drain overdue</td><td>yielding</td><td>end term: overdue; remove</td></tr>
 *   <tr><td>draining, the key may be there</td><td>drain overdue</td><td>yielding</td><td>remove</td></tr>
 *   <tr><td>yielding</td><td>removed, or lease ended</td><td>draining</td><td></td></tr>
 *   <tr><td>yielding</td><td>work returned</td><td>leaving</td><td>remove</td></tr>
 *   <tr><td>leaving</td><td>removed</td><td>again</td><td></td></tr>
 *   <tr><td>entering, waiting, leaving</td><td>lease ended</td><td>again</td><td></td></tr>
 * </table>
 *
 * Other events change nothing. Requests without an answer are sent again: each can be repeated without harm.
 *
 * <p>Looking once is enough to lead: the keys created before are gone for good when they are gone, and one's own stays
 * while the lease lives. So an answer that is old by now still holds, if the lease does, and whether it does the
 * session knows without asking.
 *
 * <p>A new term of this candidate never begins before the work of the last one returned, however long that ignores its
 * interruption. One of another candidate may, if this one is told that the drain is overdue.
 *
 * <p>What a request creates after its sender gave it up would stand in the queue for as long as the process' lease
 * lives. So if a key was asked for more than once, the candidate looks once more after it left, and whenever it looks
 * it removes what it does not know of its own.
 */
public final class Candidacy {
    private static final long RETRY_NANOS_MIN = 20_000_000;
    private static final int RETRY_DOUBLINGS = 6;
    /** Candidates of a process that look once in a while do so at no more moments in that while. */
    private static final int POLL_STEPS = 8;

    /** The attempt of removals beside the way, of which none is awaited. */
    private static final long OF_STRAY = 0;

    private enum State {
        OUT,
        ABSENT,
        ENTERING,
        WAITING,
        LEADING,
        FINISHING,
        DRAINING,
        YIELDING,
        LEAVING
    }

    private final CandidacyOptions options;
    private final RandomGenerator random;
    private State state = State.OUT;
    private boolean wanted;
    private boolean patient;
    private long leaseId;
    /** Of the key that is, or may be, in the store; empty for none. */
    private String key = "";

    private long creation;
    private long entries;
    private int enterRequests;
    private long attempts;
    /** Answers to attempts up to here belong to a state that is over. */
    private long attemptsBefore;

    private long awaited;
    private boolean changedMeanwhile;
    private int failuresInARow;
    private boolean due;
    private Moment dueAt = new Moment(0, 0);

    public Candidacy(CandidacyOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /**
     * What follows from an event at this moment; the last effect, if there is anything to wait for, says when to come
     * back.
     */
    public List<CandidacyEffect> on(CandidacyEvent event, Moment now) {
        List<CandidacyEffect> effects = new ArrayList<>();
        if (event instanceof CandidacyEvent.Campaign campaign) {
            campaign(campaign.patient(), now, effects);
        } else if (event instanceof CandidacyEvent.Resign) {
            resign(now, effects);
        } else if (event instanceof CandidacyEvent.LeaseBegan began) {
            leaseBegan(began.leaseId(), now);
        } else if (event instanceof CandidacyEvent.LeaseEnded ended) {
            leaseEnded(ended.why(), now, effects);
        } else if (event instanceof CandidacyEvent.Entered entered) {
            entered(entered, now);
        } else if (event instanceof CandidacyEvent.Looked looked) {
            looked(looked, now, effects);
        } else if (event instanceof CandidacyEvent.Removed removed) {
            removed(removed.attempt(), now, effects);
        } else if (event instanceof CandidacyEvent.Failed failed) {
            failed(failed.attempt(), now);
        } else if (event instanceof CandidacyEvent.Changed) {
            changed(now);
        } else if (event instanceof CandidacyEvent.TermOver over) {
            termOver(over.token(), over.why(), effects);
        } else if (event instanceof CandidacyEvent.DrainOverdue) {
            drainOverdue(now, effects);
        } else if (event instanceof CandidacyEvent.WorkReturned returned) {
            workReturned(returned.done(), now, effects);
        } else if (!(event instanceof CandidacyEvent.Tick)) {
            throw new AssertionError("unknown: " + event);
        }
        act(now, effects);
        return effects;
    }

    private void campaign(boolean waits, Moment now, List<CandidacyEffect> effects) {
        wanted = true;
        patient = waits;
        if (state == State.OUT) {
            again(now, effects);
        }
    }

    private void resign(Moment now, List<CandidacyEffect> effects) {
        wanted = false;
        switch (state) {
            case ABSENT -> again(now, effects);
            case WAITING -> become(State.LEAVING, now);
            case LEADING -> finish(effects);
            default -> {
                // Out, or on the way there already.
            }
        }
    }

    private void leaseBegan(long id, Moment now) {
        leaseId = id;
        if (state == State.ABSENT) {
            enter(now);
        }
    }

    private void leaseEnded(TermEnd why, Moment now, List<CandidacyEffect> effects) {
        leaseId = 0;
        long token = creation;
        forgetKey();
        switch (state) {
            case ENTERING, WAITING, LEAVING -> again(now, effects);
            case LEADING, FINISHING -> {
                rest(State.DRAINING);
                effects.add(new CandidacyEffect.Unwatch());
                effects.add(new CandidacyEffect.EndTerm(token, why));
            }
            case YIELDING -> rest(State.DRAINING);
            default -> due = false;
        }
    }

    private void entered(CandidacyEvent.Entered entered, Moment now) {
        if (state == State.ENTERING && entered.attempt() > attemptsBefore) {
            creation = entered.creation();
            become(wanted ? State.WAITING : State.LEAVING, now);
        }
    }

    private void looked(CandidacyEvent.Looked looked, Moment now, List<CandidacyEffect> effects) {
        if (looked.attempt() <= attemptsBefore) {
            return;
        }
        answered(looked.attempt(), now);
        List<Entry> candidates = CandidateKeys.among(options.election(), looked.candidates());
        removeStray(looked.candidates(), effects);
        if (state == State.WAITING) {
            // Of more than can be listed those created last are not seen, but wait as well.
            boolean isBeyondTheList =
                    place(candidates) < 0 && looked.candidates().size() >= LeaseStore.LIST_MAX;
            if (isWithoutLease(looked.candidates())) {
                // Not at once: where it is the store that takes keys off their leases, the next one fares alike.
                become(State.LEAVING, now.plusNanos(spread(options.pollNanos())));
            } else if (!isBeyondTheList) {
                lookedWaiting(candidates, now, effects);
            }
        } else if (state == State.LEADING || state == State.FINISHING) {
            lookedLeading(candidates, effects);
        }
    }

    private void lookedWaiting(List<Entry> candidates, Moment now, List<CandidacyEffect> effects) {
        int place = place(candidates);
        if (place < 0) {
            // Deleted by somebody else, for the lease goes on.
            forgetKey();
            again(now, effects);
        } else if (place == 0 && !isPreferredToMe(candidates)) {
            state = State.LEADING;
            effects.add(new CandidacyEffect.Watch(key));
            effects.add(new CandidacyEffect.BeginTerm(creation));
        } else if (place == 0) {
            become(State.LEAVING, now);
        } else if (patient) {
            effects.add(new CandidacyEffect.Watch(candidates.get(place - 1).key()));
        } else {
            wanted = false;
            become(State.LEAVING, now);
        }
    }

    private void lookedLeading(List<Entry> candidates, List<CandidacyEffect> effects) {
        if (place(candidates) < 0) {
            long token = creation;
            forgetKey();
            rest(State.DRAINING);
            effects.add(new CandidacyEffect.Unwatch());
            effects.add(new CandidacyEffect.EndTerm(token, TermEnd.SUPERSEDED));
        } else if (state == State.LEADING && isPreferredToMe(candidates)) {
            finish(effects);
        }
    }

    /** Whether somebody wrote the candidate's key so that it hangs on no lease: nobody counts it any more. */
    private boolean isWithoutLease(List<Entry> entries) {
        return entries.stream()
                .anyMatch(entry -> entry.key().equals(key) && entry.creation() == creation && entry.leaseId() == 0);
    }

    private int place(List<Entry> candidates) {
        for (int place = 0; place < candidates.size(); place++) {
            Entry candidate = candidates.get(place);
            if (candidate.key().equals(key) && candidate.creation() == creation) {
                return place;
            }
        }
        return -1;
    }

    private boolean isPreferredToMe(List<Entry> candidates) {
        return candidates.stream()
                .anyMatch(candidate -> CandidacyOptions.priorityOf(candidate.key()) > options.priority());
    }

    /** Keys of this candidate that it does not know: requests given up that took effect later. */
    private void removeStray(List<Entry> entries, List<CandidacyEffect> effects) {
        if (leaseId == 0) {
            return;
        }
        String own = options.own(leaseId);
        for (Entry entry : entries) {
            boolean isOwn =
                    entry.key().startsWith(own) && CandidateKeys.canBeCandidate(options.election(), entry.key());
            if (isOwn && !entry.key().equals(key)) {
                effects.add(new CandidacyEffect.Remove(OF_STRAY, entry.key(), entry.creation()));
            }
        }
    }

    private void termOver(long token, TermEnd why, List<CandidacyEffect> effects) {
        if (token == creation && (state == State.LEADING || state == State.FINISHING)) {
            rest(State.DRAINING);
            effects.add(new CandidacyEffect.Unwatch());
            effects.add(new CandidacyEffect.EndTerm(token, why));
        }
    }

    private void finish(List<CandidacyEffect> effects) {
        state = State.FINISHING;
        effects.add(new CandidacyEffect.AskToFinish(creation));
    }

    /** The next one need not wait any longer: what the work still does is done in no term. */
    private void drainOverdue(Moment now, List<CandidacyEffect> effects) {
        if (state == State.FINISHING) {
            effects.add(new CandidacyEffect.Unwatch());
            effects.add(new CandidacyEffect.EndTerm(creation, TermEnd.OVERDUE));
            become(State.YIELDING, now);
        } else if (state == State.DRAINING && !key.isEmpty()) {
            become(State.YIELDING, now);
        }
    }

    private void workReturned(boolean done, Moment now, List<CandidacyEffect> effects) {
        if (done) {
            wanted = false;
        }
        switch (state) {
            case LEADING, FINISHING -> {
                effects.add(new CandidacyEffect.Unwatch());
                effects.add(new CandidacyEffect.EndTerm(creation, TermEnd.RESIGNED));
                become(State.LEAVING, now);
            }
            case DRAINING -> {
                if (key.isEmpty()) {
                    againWithoutKey(now, effects);
                } else {
                    become(State.LEAVING, now);
                }
            }
            case YIELDING -> become(State.LEAVING, now);
            default -> {
                // No work ran.
            }
        }
    }

    private void removed(long attempt, Moment now, List<CandidacyEffect> effects) {
        if (attempt <= attemptsBefore) {
            return;
        }
        if (state == State.LEAVING) {
            forgetKey();
            againWithoutKey(now, effects);
        } else if (state == State.YIELDING) {
            forgetKey();
            rest(State.DRAINING);
            lookForStray(now);
        }
    }

    private void againWithoutKey(Moment now, List<CandidacyEffect> effects) {
        again(now, effects);
        if (state == State.OUT) {
            lookForStray(now);
        }
    }

    private void lookForStray(Moment now) {
        if (enterRequests > 1) {
            due(now.plusNanos(options.pollNanos()));
        }
    }

    private void failed(long attempt, Moment now) {
        if (attempt == OF_STRAY) {
            // Where nobody looks now and then anyway, somebody has to look once more.
            if (state == State.OUT || state == State.DRAINING) {
                due(now.plusNanos(spread(options.pollNanos())));
            }
        } else if (attempt == awaited) {
            awaited = 0;
            long nanos = RETRY_NANOS_MIN << Math.min(failuresInARow, RETRY_DOUBLINGS);
            failuresInARow++;
            due(now.plusNanos(spread(nanos)));
        }
    }

    private void changed(Moment now) {
        if (state != State.WAITING && state != State.LEADING && state != State.FINISHING) {
            return;
        }
        if (awaited == 0) {
            due(now);
        } else {
            changedMeanwhile = true;
        }
    }

    private void answered(long attempt, Moment now) {
        failuresInARow = 0;
        if (attempt >= awaited) {
            awaited = 0;
        }
        if (state == State.OUT) {
            due = false;
        } else {
            due(changedMeanwhile ? now : together(now.plusNanos(spread(options.pollNanos()))));
        }
        changedMeanwhile = false;
    }

    private void again(Moment now, List<CandidacyEffect> effects) {
        if (!wanted) {
            rest(State.OUT);
            effects.add(new CandidacyEffect.Unwatch());
            effects.add(new CandidacyEffect.Left());
        } else if (leaseId == 0) {
            rest(State.ABSENT);
        } else {
            enter(now);
        }
    }

    private void enter(Moment now) {
        entries++;
        enterRequests = 0;
        key = options.key(leaseId, entries);
        creation = 0;
        become(State.ENTERING, now);
    }

    private void forgetKey() {
        key = "";
        creation = 0;
    }

    /** A state in which something is asked of the store, at once. */
    private void become(State next, Moment now) {
        state = next;
        attemptsBefore = attempts;
        awaited = 0;
        changedMeanwhile = false;
        failuresInARow = 0;
        due(now);
    }

    /** A state in which nothing is asked of the store. */
    private void rest(State next) {
        state = next;
        attemptsBefore = attempts;
        awaited = 0;
        changedMeanwhile = false;
        due = false;
    }

    private void due(Moment when) {
        due = true;
        dueAt = when;
    }

    /** Sends what is due, and says when to come back. */
    private void act(Moment now, List<CandidacyEffect> effects) {
        if (!due) {
            return;
        }
        if (dueAt.nanosSince(now) <= 0) {
            attempts++;
            awaited = attempts;
            due(now.plusNanos(options.answerNanosMax()));
            effects.add(request());
        }
        effects.add(new CandidacyEffect.WakeAt(dueAt));
    }

    private CandidacyEffect request() {
        if (state == State.ENTERING) {
            enterRequests++;
            return new CandidacyEffect.Enter(attempts, key, leaseId);
        }
        return state == State.LEAVING || state == State.YIELDING
                ? new CandidacyEffect.Remove(attempts, key, creation)
                : new CandidacyEffect.Look(attempts);
    }

    /**
     * Rounds down to one of a few moments, so that what many candidates of a process look at now and then is asked for
     * in batches.
     */
    private Moment together(Moment when) {
        long stepNanos = Math.max(1, options.pollNanos() / POLL_STEPS);
        return when.plusNanos(-Math.floorMod(when.monotonicNanos(), stepNanos));
    }

    /** By a quarter to either side, so that many processes do not ask at the same moment. */
    private long spread(long nanos) {
        return (long) (nanos * random.nextDouble(0.75, 1.25));
    }
}

package io.mandate.election.internal.candidacy;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.queue.CandidateKeys;
import io.mandate.election.internal.time.Moment;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Brings a candidate to the head of an election's queue and out of it again. Pure: events in, effects out, no clock,
 * thread or store of its own. Confined to one thread at a time.
 *
 * <p>Each candidate has a key in the store, on its process' lease. The candidate whose key was created first leads, and
 * the version at which the key was created is the fencing token. Each of the others waits for the one before it, so
 * that the end of a leader wakes one candidate and not all. (The queue of ZooKeeper's recipes, and of etcd's
 * {@code concurrency} package, whose candidates may take part: they use the same keys.)
 *
 * <table>
 *   <caption>Transitions. "Again" means Entering if there is a lease, else Absent; or Out, with the effect left, if the
 *   candidate is not to lead any more.</caption>
 *   <tr><th>state</th><th>event</th><th>next</th><th>effects</th></tr>
 *   <tr><td>Out</td><td>campaign</td><td>again</td><td></td></tr>
 *   <tr><td>Absent</td><td>lease began</td><td>Entering</td><td>enter</td></tr>
 *   <tr><td>Absent</td><td>resign</td><td>Out</td><td>left</td></tr>
 *   <tr><td>Entering</td><td>entered</td><td>Waiting, or Leaving if resigned meanwhile</td><td>look</td></tr>
 *   <tr><td>Waiting</td><td>looked: first</td><td>Leading</td><td>begin term; watch own key</td></tr>
 *   <tr><td>Waiting</td><td>looked: first, one of higher priority waits</td><td>Leaving</td><td>remove</td></tr>
 *   <tr><td>Waiting</td><td>looked: not first</td><td>Waiting, or Leaving if it is not to wait</td><td>watch the one
 *   before, or remove</td></tr>
 *   <tr><td>Waiting</td><td>looked: not there</td><td>again</td><td></td></tr>
 *   <tr><td>Waiting</td><td>looked: there, on no lease</td><td>Leaving, after a poll interval</td><td>remove</td></tr>
 *   <tr><td>Waiting</td><td>resign</td><td>Leaving</td><td>remove</td></tr>
 *   <tr><td>Leading</td><td>resign, or looked: a candidate of higher priority waits</td><td>Finishing</td><td>ask to
 *   finish</td></tr>
 *   <tr><td>Leading, Finishing</td><td>work returned</td><td>Leaving</td><td>end term: resigned; remove</td></tr>
 *   <tr><td>Leading, Finishing</td><td>lease ended</td><td>Draining</td><td>end term</td></tr>
 *   <tr><td>Leading, Finishing</td><td>looked: not there</td><td>Draining</td><td>end term: superseded</td></tr>
 *   <tr><td>Leading, Finishing</td><td>term over</td><td>Draining, with the key</td><td>end term</td></tr>
 *   <tr><td>Draining</td><td>work returned</td><td>Leaving if the key may be there, else again</td><td></td></tr>
 *   <tr><td>Finishing</td><td>drain overdue</td><td>Yielding</td><td>end term: overdue; remove</td></tr>
 *   <tr><td>Draining, with the key</td><td>drain overdue</td><td>Yielding</td><td>remove</td></tr>
 *   <tr><td>Yielding</td><td>removed, or lease ended</td><td>Draining</td><td></td></tr>
 *   <tr><td>Yielding</td><td>work returned</td><td>Leaving</td><td>remove</td></tr>
 *   <tr><td>Leaving</td><td>removed</td><td>again</td><td></td></tr>
 *   <tr><td>Entering, Waiting, Leaving</td><td>lease ended</td><td>again</td><td></td></tr>
 * </table>
 *
 * Other events change nothing. Requests without an answer are sent again: each can be repeated without harm.
 *
 * <p>One look is enough to lead: keys that were created earlier and are deleted never come back, and the candidate's
 * own key stays while the lease lives. So an old answer still holds if the lease does, and the session knows that
 * without a request.
 *
 * <p>A new term of this candidate never begins before the work of the last one returned, however long that ignores its
 * interruption. A term of another candidate may, after the drain is overdue.
 *
 * <p>A key that a request creates after the candidate has given up on it would stay in the queue for as long as the
 * process' lease lives. So if a key was requested more than once, the candidate looks once more after it has left, and
 * every look removes keys of its own that it does not know.
 */
public final class Candidacy {
    /** The attempt of removals of stray keys, whose answers are not awaited. */
    private static final long STRAY_ATTEMPT = 0;

    private sealed interface State {
        record Out() implements State {}

        /** To lead, without a lease. */
        record Absent() implements State {}

        /** The key is requested. */
        record Entering(String key) implements State {}

        record Waiting(QueueEntry entry) implements State {}

        record Leading(QueueEntry entry) implements State {}

        /** Leading, and the work was asked to finish. */
        record Finishing(QueueEntry entry) implements State {}

        /**
         * The term is over and its work has not returned.
         *
         * @param entry empty if the key is deleted
         */
        record Draining(Optional<QueueEntry> entry) implements State {}

        /** As draining, and the key is being removed. */
        record Yielding(QueueEntry entry) implements State {}

        /** The key is being removed, and no work runs. */
        record Leaving(QueueEntry entry) implements State {}
    }

    private static final Map<Class<? extends State>, Set<Class<? extends State>>> TRANSITIONS = Map.of(
            State.Out.class, Set.of(State.Out.class, State.Absent.class, State.Entering.class),
            State.Absent.class, Set.of(State.Out.class, State.Absent.class, State.Entering.class),
            State.Entering.class,
                    Set.of(
                            State.Out.class,
                            State.Absent.class,
                            State.Entering.class,
                            State.Waiting.class,
                            State.Leaving.class),
            State.Waiting.class,
                    Set.of(
                            State.Out.class,
                            State.Absent.class,
                            State.Entering.class,
                            State.Leading.class,
                            State.Leaving.class),
            State.Leading.class, Set.of(State.Finishing.class, State.Draining.class, State.Leaving.class),
            State.Finishing.class, Set.of(State.Draining.class, State.Yielding.class, State.Leaving.class),
            State.Draining.class,
                    Set.of(
                            State.Out.class,
                            State.Absent.class,
                            State.Entering.class,
                            State.Draining.class,
                            State.Yielding.class,
                            State.Leaving.class),
            State.Yielding.class, Set.of(State.Draining.class, State.Leaving.class),
            State.Leaving.class, Set.of(State.Out.class, State.Absent.class, State.Entering.class));

    private final CandidacyOptions options;
    private final RequestClock requests;
    private State state = new State.Out();
    /** Whether the candidate is to lead, or to lead again. */
    private boolean wanted;
    /** Whether it waits behind other candidates. */
    private boolean waits;
    /** The lease of the process; 0 for none. */
    private long leaseId;

    private long entries;
    /** How often the last key was requested: more than one request may leave a stray key. */
    private int enterRequests;

    public Candidacy(CandidacyOptions options, RandomGenerator random) {
        this.options = options;
        this.requests = new RequestClock(options, random);
    }

    /**
     * The effects of an event at this moment; the last one, if a request is due, is a {@link CandidacyEffect.WakeAt}.
     */
    public List<CandidacyEffect> on(CandidacyEvent event, Moment now) {
        Step step = new Step(now);
        event.accept(step);
        step.sendDueRequest();
        return step.effects;
    }

    /** To a state that sends no request. */
    private void rest(State next) {
        transition(next);
        requests.stop();
    }

    /** To a state that sends a request, first at this moment. */
    private void ask(State next, Moment first) {
        transition(next);
        requests.restart(first);
    }

    private void transition(State next) {
        if (!TRANSITIONS.getOrDefault(state.getClass(), Set.of()).contains(next.getClass())) {
            throw new AssertionError(
                    "a candidacy cannot go from " + state.getClass().getSimpleName() + " to "
                            + next.getClass().getSimpleName());
        }
        state = next;
    }

    /** The key that is, or may be, in the store; empty for none. */
    private String ownKey() {
        if (state instanceof State.Entering entering) {
            return entering.key;
        }
        return ownEntry().map(QueueEntry::key).orElse("");
    }

    private Optional<QueueEntry> ownEntry() {
        if (state instanceof State.Waiting waiting) {
            return Optional.of(waiting.entry);
        } else if (state instanceof State.Draining draining) {
            return draining.entry;
        } else if (state instanceof State.Yielding yielding) {
            return Optional.of(yielding.entry);
        } else if (state instanceof State.Leaving leaving) {
            return Optional.of(leaving.entry);
        }
        return ledEntry();
    }

    /** The entry by which this candidate leads. */
    private Optional<QueueEntry> ledEntry() {
        if (state instanceof State.Leading leading) {
            return Optional.of(leading.entry);
        }
        return state instanceof State.Finishing finishing ? Optional.of(finishing.entry) : Optional.empty();
    }

    /** One event at one moment. */
    private final class Step implements CandidacyEvent.Handler {
        private final Moment now;
        private final List<CandidacyEffect> effects = new ArrayList<>();

        Step(Moment now) {
            this.now = now;
        }

        @Override
        public void campaign(CandidacyEvent.Campaign event) {
            wanted = true;
            waits = event.waits();
            if (state instanceof State.Out) {
                again();
            }
        }

        @Override
        public void resign(CandidacyEvent.Resign event) {
            wanted = false;
            if (state instanceof State.Absent) {
                again();
            } else if (state instanceof State.Waiting waiting) {
                ask(new State.Leaving(waiting.entry), now);
            } else if (state instanceof State.Leading leading) {
                finish(leading.entry);
            }
        }

        @Override
        public void leaseBegan(CandidacyEvent.LeaseBegan event) {
            leaseId = event.leaseId();
            if (state instanceof State.Absent) {
                enter();
            }
        }

        @Override
        public void leaseEnded(CandidacyEvent.LeaseEnded event) {
            leaseId = 0;
            Optional<QueueEntry> led = ledEntry();
            if (led.isPresent()) {
                endTerm(led.get(), event.why(), Optional.empty());
            } else if (state instanceof State.Draining || state instanceof State.Yielding) {
                rest(new State.Draining(Optional.empty()));
            } else if (state instanceof State.Entering
                    || state instanceof State.Waiting
                    || state instanceof State.Leaving) {
                again();
            } else {
                requests.pause();
            }
        }

        @Override
        public void entered(CandidacyEvent.Entered event) {
            if (state instanceof State.Entering entering && requests.counts(event.attempt())) {
                QueueEntry entry = new QueueEntry(entering.key, event.creation());
                ask(wanted ? new State.Waiting(entry) : new State.Leaving(entry), now);
            }
        }

        @Override
        public void looked(CandidacyEvent.Looked event) {
            if (!requests.counts(event.attempt())) {
                return;
            }
            requests.answered(event.attempt(), now);
            if (state instanceof State.Out) {
                requests.pause();
            }
            List<Entry> candidates = CandidateKeys.among(options.election(), event.candidates());
            removeStrayKeys(event.candidates());
            if (state instanceof State.Waiting waiting) {
                lookedWaiting(waiting.entry, event.candidates(), candidates);
            } else {
                ledEntry().ifPresent(led -> lookedLeading(led, candidates));
            }
        }

        private void lookedWaiting(QueueEntry entry, List<Entry> listed, List<Entry> candidates) {
            int index = entry.indexIn(candidates);
            if (entry.isWithoutLeaseIn(listed)) {
                // Not at once: where the store itself takes keys off their leases, the next key fares alike.
                ask(new State.Leaving(entry), requests.nextPoll(now));
            } else if (index < 0 && listed.size() < LeaseStore.LIST_MAX) {
                // Another client has deleted it, for the lease lives. In a longer queue the last keys are not listed.
                again();
            } else if (index == 0 && !hasPreferred(candidates)) {
                transition(new State.Leading(entry));
                effects.add(new CandidacyEffect.Watch(entry.key()));
                effects.add(new CandidacyEffect.BeginTerm(entry.creation()));
            } else if (index == 0) {
                ask(new State.Leaving(entry), now);
            } else if (index > 0 && waits) {
                effects.add(new CandidacyEffect.Watch(candidates.get(index - 1).key()));
            } else if (index > 0) {
                wanted = false;
                ask(new State.Leaving(entry), now);
            }
        }

        private void lookedLeading(QueueEntry entry, List<Entry> candidates) {
            if (entry.indexIn(candidates) < 0) {
                endTerm(entry, TermEnd.SUPERSEDED, Optional.empty());
            } else if (state instanceof State.Leading && hasPreferred(candidates)) {
                finish(entry);
            }
        }

        private boolean hasPreferred(List<Entry> candidates) {
            return candidates.stream()
                    .anyMatch(candidate -> CandidacyOptions.priorityOf(candidate.key()) > options.priority());
        }

        /** Keys of this candidate that it does not know: abandoned requests that took effect later. */
        private void removeStrayKeys(List<Entry> entries) {
            if (leaseId == 0) {
                return;
            }
            String own = options.own(leaseId);
            for (Entry entry : entries) {
                boolean isOwn =
                        entry.key().startsWith(own) && CandidateKeys.canBeCandidate(options.election(), entry.key());
                if (isOwn && !entry.key().equals(ownKey())) {
                    effects.add(new CandidacyEffect.Remove(STRAY_ATTEMPT, entry.key(), entry.creation()));
                }
            }
        }

        @Override
        public void termOver(CandidacyEvent.TermOver event) {
            ledEntry()
                    .filter(led -> led.creation() == event.token())
                    .ifPresent(led -> endTerm(led, event.why(), Optional.of(led)));
        }

        /** @param left the entry that may still be in the store */
        private void endTerm(QueueEntry led, TermEnd why, Optional<QueueEntry> left) {
            rest(new State.Draining(left));
            effects.add(new CandidacyEffect.Unwatch());
            effects.add(new CandidacyEffect.EndTerm(led.creation(), why));
        }

        private void finish(QueueEntry led) {
            transition(new State.Finishing(led));
            effects.add(new CandidacyEffect.AskToFinish(led.creation()));
        }

        /** The next candidate need not wait any longer: what the work still does is done in no term. */
        @Override
        public void drainOverdue(CandidacyEvent.DrainOverdue event) {
            if (state instanceof State.Finishing finishing) {
                effects.add(new CandidacyEffect.Unwatch());
                effects.add(new CandidacyEffect.EndTerm(finishing.entry.creation(), TermEnd.OVERDUE));
                ask(new State.Yielding(finishing.entry), now);
            } else if (state instanceof State.Draining draining && draining.entry.isPresent()) {
                ask(new State.Yielding(draining.entry.get()), now);
            }
        }

        @Override
        public void workReturned(CandidacyEvent.WorkReturned event) {
            if (event.done()) {
                wanted = false;
            }
            Optional<QueueEntry> led = ledEntry();
            if (led.isPresent()) {
                effects.add(new CandidacyEffect.Unwatch());
                effects.add(new CandidacyEffect.EndTerm(led.get().creation(), TermEnd.RESIGNED));
                ask(new State.Leaving(led.get()), now);
            } else if (state instanceof State.Draining draining) {
                draining.entry.ifPresentOrElse(entry -> ask(new State.Leaving(entry), now), this::againWithoutKey);
            } else if (state instanceof State.Yielding yielding) {
                ask(new State.Leaving(yielding.entry), now);
            }
        }

        @Override
        public void removed(CandidacyEvent.Removed event) {
            if (!requests.counts(event.attempt())) {
                return;
            }
            if (state instanceof State.Leaving) {
                againWithoutKey();
            } else if (state instanceof State.Yielding) {
                rest(new State.Draining(Optional.empty()));
                lookForStrayKeys();
            }
        }

        private void againWithoutKey() {
            again();
            if (state instanceof State.Out) {
                lookForStrayKeys();
            }
        }

        private void lookForStrayKeys() {
            if (enterRequests > 1) {
                requests.at(now.plusNanos(options.pollNanos()));
            }
        }

        @Override
        public void failed(CandidacyEvent.Failed event) {
            if (event.attempt() != STRAY_ATTEMPT) {
                requests.failed(event.attempt(), now);
            } else if (state instanceof State.Out || state instanceof State.Draining) {
                // Without polls in these states, one more look is needed.
                requests.at(requests.nextPoll(now));
            }
        }

        @Override
        public void changed(CandidacyEvent.Changed event) {
            if (state instanceof State.Waiting || ledEntry().isPresent()) {
                requests.changed(now);
            }
        }

        @Override
        public void tick(CandidacyEvent.Tick event) {
            // The due request is sent after every event.
        }

        private void again() {
            if (!wanted) {
                rest(new State.Out());
                effects.add(new CandidacyEffect.Unwatch());
                effects.add(new CandidacyEffect.Left());
            } else if (leaseId == 0) {
                rest(new State.Absent());
            } else {
                enter();
            }
        }

        private void enter() {
            entries++;
            enterRequests = 0;
            ask(new State.Entering(options.key(leaseId, entries)), now);
        }

        /** Also says when the next request is due. */
        void sendDueRequest() {
            requests.takeDue(now).ifPresent(attempt -> effects.add(request(attempt)));
            requests.due().ifPresent(when -> effects.add(new CandidacyEffect.WakeAt(when)));
        }

        private CandidacyEffect request(long attempt) {
            if (state instanceof State.Entering entering) {
                enterRequests++;
                return new CandidacyEffect.Enter(attempt, entering.key, leaseId);
            } else if (state instanceof State.Leaving leaving) {
                return new CandidacyEffect.Remove(attempt, leaving.entry.key(), leaving.entry.creation());
            } else if (state instanceof State.Yielding yielding) {
                return new CandidacyEffect.Remove(attempt, yielding.entry.key(), yielding.entry.creation());
            }
            return new CandidacyEffect.Look(attempt);
        }
    }
}

package io.mandate.election.internal.membership;

import io.mandate.election.internal.plan.Members;
import io.mandate.election.internal.plan.PlanMember;
import io.mandate.election.internal.time.Moment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One member's part in a partitioned workload. Pure: events in, effects out, no clock, thread or store of its own.
 * Confined to one thread at a time.
 *
 * <p>Three things happen side by side, and meet only in what was last found in the store:
 *
 * <ol>
 *   <li><b>Plan.</b> If the plan is not the one for the members that there are, and these have not changed for the
 *       settle time, it is replaced by the next one: by compare-and-set upon the version that was read <em>before</em>
 *       the members were. So plans follow each other in one chain, each made for members seen after the last was. Every
 *       member would write the same, and the senior one does; the others wait a little longer each, in case it does
 *       not.
 *   <li><b>Own.</b> For the partitions that the plan gives to this member it campaigns, each in an election of its own;
 *       those that the plan gives to others it resigns when their work has drained. The next owner queues up meanwhile
 *       and leads when the key of the last one is gone: no two own at once, whatever the plan says and however old it
 *       is.
 *   <li><b>Come and go.</b> Without the registration it owns nothing. Who leaves announces it, and lets go when the
 *       plan has given its partitions to others, so that each is handed over in one step.
 * </ol>
 *
 * <table>
 *   <caption>What is done with one partition</caption>
 *   <tr><th>here</th><th>by the plan</th><th>what is to be done</th></tr>
 *   <tr><td>nothing</td><td>this member's</td><td>campaign; if its work returned early, a while later</td></tr>
 *   <tr><td>campaigning or owned</td><td>this member's</td><td>nothing</td></tr>
 *   <tr><td>campaigning or owned</td><td>another's, or not registered, or leaving and overdue</td><td>resign</td></tr>
 *   <tr><td>resigning</td><td>anybody's</td><td>nothing before it has been left</td></tr>
 * </table>
 */
public final class Membership {
    /** Members that come and go all the time do not put the plan off for ever. */
    private static final int SETTLE_TIMES_MAX = 5;

    /** Of a thousand members not all stand in line to plan. */
    private static final int RANK_MAX = 10;

    private static final long RETRY_NANOS_MIN = 20_000_000;
    private static final int RETRY_DOUBLINGS = 6;

    private sealed interface State {
        /** @param registered whether the other members see this one */
        record Joined(boolean registered) implements State {}

        /**
         * To leave when its partitions are planned for others.
         *
         * @param registered whether the other members see this one
         * @param overdueAt when it leaves without waiting for a plan
         */
        record Leaving(boolean registered, Moment overdueAt) implements State {}

        record Over() implements State {}
    }

    private static final Map<Class<? extends State>, Set<Class<? extends State>>> TRANSITIONS = Map.of(
            State.Joined.class, Set.of(State.Joined.class, State.Leaving.class),
            State.Leaving.class, Set.of(State.Leaving.class, State.Over.class),
            State.Over.class, Set.of());

    /** A partition that this member campaigns for, or owns. */
    private enum Held {
        CAMPAIGNING,
        RESIGNING
    }

    /** Since when the plan has not been the one for the members, and since when those have been these. */
    private record Unsettled(Members roster, Moment since, Moment quietSince) {}

    private final MembershipOptions options;
    private final RandomGenerator random;
    private final Map<Integer, Held> held = new TreeMap<>();
    private final Map<Integer, Moment> resting = new HashMap<>();
    private State state = new State.Joined(false);
    private @Nullable WorkloadView view;
    /** By the plan in view. */
    private Set<Integer> planned = Set.of();

    private @Nullable Unsettled unsettled;
    /** By the plan in view. */
    private List<Integer> standbys = List.of();

    private List<Integer> standingBy = List.of();
    private long attempts;
    /** The request under way; 0 for none. */
    private long awaited;

    private boolean changedMeanwhile;
    private int failuresInARow;
    private @Nullable Moment due;

    public Membership(MembershipOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /**
     * The effects of an event at this moment; the last one, unless it is over, is a {@link MembershipEffect.WakeAt}.
     */
    public List<MembershipEffect> on(MembershipEvent event, Moment now) {
        Step step = new Step(now);
        event.accept(step);
        step.reconcile();
        step.sendDueRequest();
        return step.effects;
    }

    private void become(State next) {
        if (!TRANSITIONS.getOrDefault(state.getClass(), Set.of()).contains(next.getClass())) {
            throw new AssertionError(
                    "a membership cannot go from " + state.getClass().getSimpleName() + " to "
                            + next.getClass().getSimpleName());
        }
        state = next;
    }

    private boolean isRegistered() {
        return (state instanceof State.Joined joined && joined.registered)
                || (state instanceof State.Leaving leaving && leaving.registered);
    }

    private void register(boolean registered) {
        if (state instanceof State.Leaving leaving) {
            become(new State.Leaving(registered, leaving.overdueAt));
        } else if (state instanceof State.Joined) {
            become(new State.Joined(registered));
        }
    }

    /** One event at one moment. */
    private final class Step implements MembershipEvent.Handler {
        private final Moment now;
        private final List<MembershipEffect> effects = new ArrayList<>();

        Step(Moment now) {
            this.now = now;
        }

        @Override
        public void registered(MembershipEvent.Registered event) {
            register(true);
            if (state instanceof State.Leaving) {
                effects.add(new MembershipEffect.AnnounceLeaving());
            }
            lookAt(now);
        }

        @Override
        public void unregistered(MembershipEvent.Unregistered event) {
            register(false);
        }

        @Override
        public void changed(MembershipEvent.Changed event) {
            if (awaited == 0) {
                lookAt(now);
            } else {
                changedMeanwhile = true;
            }
        }

        @Override
        public void looked(MembershipEvent.Looked event) {
            if (event.attempt() != awaited) {
                return;
            }
            answered();
            WorkloadView found = event.view();
            see(found);
            lookAt(now.plusNanos(spread(options.pollNanos())));
            if (found.isSettled()) {
                unsettled = null;
            } else if (isRegistered()) {
                plan(found);
            }
            if (changedMeanwhile && awaited == 0) {
                changedMeanwhile = false;
                lookAt(now);
            }
        }

        private void plan(WorkloadView found) {
            Unsettled before = unsettled;
            if (before == null) {
                before = new Unsettled(found.roster(), now, now);
            } else if (!before.roster().equals(found.roster())) {
                before = new Unsettled(found.roster(), before.since(), now);
            }
            unsettled = before;
            Moment when = planAt(before, found.seniority().indexOf(options.member()));
            if (when.nanosSince(now) > 0) {
                lookAt(when);
                return;
            }
            attempts++;
            awaited = attempts;
            due = now.plusNanos(options.answerNanosMax());
            effects.add(new MembershipEffect.WritePlan(attempts, found.planVersion(), found.nextPlan()));
        }

        @Override
        public void planAnswered(MembershipEvent.PlanAnswered event) {
            if (event.attempt() == awaited) {
                answered();
                changedMeanwhile = false;
                lookAt(now);
            }
        }

        @Override
        public void failed(MembershipEvent.Failed event) {
            if (event.attempt() == awaited) {
                awaited = 0;
                changedMeanwhile = false;
                long nanos = RETRY_NANOS_MIN << Math.min(failuresInARow, RETRY_DOUBLINGS);
                failuresInARow++;
                lookAt(now.plusNanos(spread(nanos)));
            }
        }

        @Override
        public void left(MembershipEvent.Left event) {
            held.remove(event.partition());
            if (event.early()) {
                resting.put(event.partition(), now.plusNanos(options.retryNanos()));
            }
        }

        @Override
        public void leave(MembershipEvent.Leave event) {
            if (state instanceof State.Joined joined) {
                become(new State.Leaving(joined.registered, now.plusNanos(options.handOverNanosMax())));
                if (joined.registered) {
                    effects.add(new MembershipEffect.AnnounceLeaving());
                }
            }
        }

        @Override
        public void tick(MembershipEvent.Tick event) {
            // Every event is followed by the due request.
        }

        /** Campaigns for the partitions that the plan gives to this member, and resigns the others. */
        void reconcile() {
            Set<Integer> desired = desired();
            resting.keySet().retainAll(desired);
            resting.values().removeIf(until -> until.nanosSince(now) <= 0);
            List<Integer> begin = new ArrayList<>();
            for (int partition : desired) {
                if (!held.containsKey(partition) && !resting.containsKey(partition)) {
                    held.put(partition, Held.CAMPAIGNING);
                    begin.add(partition);
                }
            }
            List<Integer> end = held.entrySet().stream()
                    .filter(here -> here.getValue() == Held.CAMPAIGNING && !desired.contains(here.getKey()))
                    .map(Map.Entry::getKey)
                    .toList();
            end.forEach(partition -> held.put(partition, Held.RESIGNING));
            if (!end.isEmpty()) {
                effects.add(new MembershipEffect.Resign(end));
            }
            if (!begin.isEmpty()) {
                effects.add(new MembershipEffect.Campaign(begin));
            }
            standBy();
            if (state instanceof State.Leaving && desired.isEmpty() && held.isEmpty()) {
                become(new State.Over());
                effects.add(new MembershipEffect.Deregister());
            }
        }

        private Set<Integer> desired() {
            WorkloadView found = view;
            boolean releases = state instanceof State.Leaving leaving && found != null && releasesAll(leaving, found);
            return found == null || !isRegistered() || releases ? Set.of() : planned;
        }

        /** Whether a leaving member releases its partitions without waiting for another plan. */
        private boolean releasesAll(State.Leaving leaving, WorkloadView found) {
            boolean overdue = leaving.overdueAt.nanosSince(now) <= 0;
            return overdue
                    || planned.isEmpty()
                    || found.roster().members().stream().noneMatch(Membership.this::takesOver);
        }

        private void standBy() {
            List<Integer> next = state instanceof State.Joined joined && joined.registered ? standbys : List.of();
            if (!next.equals(standingBy)) {
                standingBy = next;
                effects.add(new MembershipEffect.StandBy(next));
            }
        }

        /** Also says when the next event is due. */
        void sendDueRequest() {
            if (state instanceof State.Over) {
                return;
            }
            Moment next = due;
            if (next != null && next.nanosSince(now) <= 0) {
                // A request without an answer in time is sent again, and its old answer is ignored.
                attempts++;
                awaited = attempts;
                next = now.plusNanos(options.answerNanosMax());
                due = next;
                effects.add(new MembershipEffect.Look(attempts));
            }
            for (Moment until : resting.values()) {
                next = earlier(next, until);
            }
            if (state instanceof State.Leaving leaving && leaving.overdueAt.nanosSince(now) > 0) {
                next = earlier(next, leaving.overdueAt);
            }
            if (next != null) {
                effects.add(new MembershipEffect.WakeAt(next));
            }
        }
    }

    private void see(WorkloadView found) {
        if (view == null || !view.plan().equals(found.plan())) {
            planned = new TreeSet<>(found.plan().of(options.member()));
            standbys = found.plan().standbyOf(options.member());
        }
        view = found;
    }

    private Moment planAt(Unsettled since, int rank) {
        long settleNanos = options.settleNanos();
        Moment quiet = since.quietSince().plusNanos(settleNanos);
        Moment latest = since.since().plusNanos(SETTLE_TIMES_MAX * settleNanos);
        Moment first = quiet.nanosSince(latest) < 0 ? quiet : latest;
        int turn = rank < 0 ? RANK_MAX : Math.min(rank, RANK_MAX);
        return first.plusNanos(turn * (settleNanos / 2));
    }

    private void answered() {
        awaited = 0;
        failuresInARow = 0;
    }

    private boolean takesOver(PlanMember other) {
        return !other.name().equals(options.member()) && !other.draining();
    }

    private void lookAt(Moment when) {
        if (awaited == 0) {
            due = when;
        }
    }

    private static Moment earlier(@Nullable Moment one, Moment other) {
        return one == null || other.nanosSince(one) < 0 ? other : one;
    }

    /** By a quarter to either side, so that many processes do not ask at the same moment. */
    private long spread(long nanos) {
        return (long) (nanos * random.nextDouble(0.75, 1.25));
    }
}

package io.mandate.election.partition.membership;

import io.mandate.election.partition.plan.Members;
import io.mandate.election.partition.plan.PlanMember;
import io.mandate.election.time.Moment;
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

    /** A partition that is campaigned for, or owned. */
    private static final class Held {
        boolean asked;
    }

    /** Since when the plan has not been the one for the members, and since when those have been these. */
    private record Unsettled(Members roster, Moment since, Moment quietSince) {}

    private final MembershipOptions options;
    private final RandomGenerator random;
    private final Map<Integer, Held> held = new TreeMap<>();
    private final Map<Integer, Moment> resting = new HashMap<>();
    private boolean registered;
    private boolean leaving;
    private boolean over;
    private @Nullable Moment letGoAt;
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
     * What follows from an event at this moment; the last effect, if there is anything to wait for, says when to come
     * back.
     */
    public List<MembershipEffect> on(MembershipEvent event, Moment now) {
        List<MembershipEffect> effects = new ArrayList<>();
        if (event instanceof MembershipEvent.Registered) {
            registered = true;
            if (leaving) {
                effects.add(new MembershipEffect.AnnounceLeaving());
            }
            lookNow(now);
        } else if (event instanceof MembershipEvent.Unregistered) {
            registered = false;
        } else if (event instanceof MembershipEvent.Changed) {
            changed(now);
        } else if (event instanceof MembershipEvent.Looked looked) {
            looked(looked, now, effects);
        } else if (event instanceof MembershipEvent.PlanAnswered answered) {
            planAnswered(answered.attempt(), now);
        } else if (event instanceof MembershipEvent.Failed failed) {
            failed(failed.attempt(), now);
        } else if (event instanceof MembershipEvent.Left left) {
            left(left, now);
        } else if (event instanceof MembershipEvent.Leave) {
            leave(now, effects);
        } else if (!(event instanceof MembershipEvent.Tick)) {
            throw new AssertionError("unknown: " + event);
        }
        reconcile(now, effects);
        act(now, effects);
        return effects;
    }

    private void changed(Moment now) {
        if (awaited == 0) {
            lookNow(now);
        } else {
            changedMeanwhile = true;
        }
    }

    private void looked(MembershipEvent.Looked looked, Moment now, List<MembershipEffect> effects) {
        if (looked.attempt() != awaited) {
            return;
        }
        answered();
        WorkloadView found = looked.view();
        see(found);
        lookAt(now.plusNanos(spread(options.pollNanos())));
        if (found.isSettled()) {
            unsettled = null;
        } else if (registered) {
            plan(found, now, effects);
        }
        if (changedMeanwhile && awaited == 0) {
            changedMeanwhile = false;
            lookNow(now);
        }
    }

    private void see(WorkloadView found) {
        if (view == null || !view.plan().equals(found.plan())) {
            planned = new TreeSet<>(found.plan().of(options.member()));
            standbys = found.plan().standbyOf(options.member());
        }
        view = found;
    }

    private void plan(WorkloadView found, Moment now, List<MembershipEffect> effects) {
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

    private Moment planAt(Unsettled since, int rank) {
        long settleNanos = options.settleNanos();
        Moment quiet = since.quietSince().plusNanos(settleNanos);
        Moment latest = since.since().plusNanos(SETTLE_TIMES_MAX * settleNanos);
        Moment first = quiet.nanosSince(latest) < 0 ? quiet : latest;
        int turn = rank < 0 ? RANK_MAX : Math.min(rank, RANK_MAX);
        return first.plusNanos(turn * (settleNanos / 2));
    }

    private void planAnswered(long attempt, Moment now) {
        if (attempt == awaited) {
            answered();
            changedMeanwhile = false;
            lookNow(now);
        }
    }

    private void answered() {
        awaited = 0;
        failuresInARow = 0;
    }

    private void failed(long attempt, Moment now) {
        if (attempt == awaited) {
            awaited = 0;
            changedMeanwhile = false;
            long nanos = RETRY_NANOS_MIN << Math.min(failuresInARow, RETRY_DOUBLINGS);
            failuresInARow++;
            lookAt(now.plusNanos(spread(nanos)));
        }
    }

    private void left(MembershipEvent.Left left, Moment now) {
        held.remove(left.partition());
        if (left.early()) {
            resting.put(left.partition(), now.plusNanos(options.retryNanos()));
        }
    }

    private void leave(Moment now, List<MembershipEffect> effects) {
        if (leaving) {
            return;
        }
        leaving = true;
        letGoAt = now.plusNanos(options.handOverNanosMax());
        if (registered) {
            effects.add(new MembershipEffect.AnnounceLeaving());
        }
    }

    /** Brings what is campaigned for in line with the plan. */
    private void reconcile(Moment now, List<MembershipEffect> effects) {
        Set<Integer> desired = desired(now);
        resting.keySet().retainAll(desired);
        resting.values().removeIf(until -> until.nanosSince(now) <= 0);
        List<Integer> begin = new ArrayList<>();
        for (int partition : desired) {
            if (!held.containsKey(partition) && !resting.containsKey(partition)) {
                held.put(partition, new Held());
                begin.add(partition);
            }
        }
        List<Integer> end = new ArrayList<>();
        held.forEach((partition, here) -> {
            if (!here.asked && !desired.contains(partition)) {
                here.asked = true;
                end.add(partition);
            }
        });
        if (!end.isEmpty()) {
            effects.add(new MembershipEffect.Resign(end));
        }
        if (!begin.isEmpty()) {
            effects.add(new MembershipEffect.Campaign(begin));
        }
        standBy(effects);
        if (leaving && !over && desired.isEmpty() && held.isEmpty()) {
            over = true;
            effects.add(new MembershipEffect.Deregister());
        }
    }

    private Set<Integer> desired(Moment now) {
        WorkloadView found = view;
        if (over || !registered || found == null || (leaving && letsGo(found, now))) {
            return Set.of();
        }
        return planned;
    }

    /** Whether nothing is to be waited for before everything is given away. */
    private boolean letsGo(WorkloadView found, Moment now) {
        boolean overdue = letGoAt == null || letGoAt.nanosSince(now) <= 0;
        return overdue || planned.isEmpty() || found.roster().members().stream().noneMatch(this::takesOver);
    }

    private boolean takesOver(PlanMember other) {
        return !other.name().equals(options.member()) && !other.draining();
    }

    private void standBy(List<MembershipEffect> effects) {
        List<Integer> next = registered && !leaving ? standbys : List.of();
        if (!next.equals(standingBy)) {
            standingBy = next;
            effects.add(new MembershipEffect.StandBy(next));
        }
    }

    private void lookNow(Moment now) {
        lookAt(now);
    }

    private void lookAt(Moment when) {
        if (awaited == 0) {
            due = when;
        }
    }

    /** Sends what is due, and says when to come back. */
    private void act(Moment now, List<MembershipEffect> effects) {
        if (over) {
            return;
        }
        Moment next = due;
        if (next != null && next.nanosSince(now) <= 0) {
            // Without an answer in time, what was asked is asked anew; the old answer counts no more.
            attempts++;
            awaited = attempts;
            next = now.plusNanos(options.answerNanosMax());
            due = next;
            effects.add(new MembershipEffect.Look(attempts));
        }
        for (Moment until : resting.values()) {
            next = earlier(next, until);
        }
        if (leaving && letGoAt != null && letGoAt.nanosSince(now) > 0) {
            next = earlier(next, letGoAt);
        }
        if (next != null) {
            effects.add(new MembershipEffect.WakeAt(next));
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

package io.mandate.verify.simulation;

import io.mandate.election.internal.plan.Members;
import io.mandate.election.internal.plan.Plan;
import io.mandate.election.internal.plan.PlanMember;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.partition.WorkloadState;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.SimulatedStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the store's truth after each event, and at each new plan checks P2: it is the one that follows from the plan
 * it replaced and from members and settings that were there after that plan was written. Of P4 it checks that each
 * registration is on a lease. Members and settings are read one after another, so each may be of its own moment.
 */
final class PlanWitness {
    /** Who there is and whether nothing is to be moved, as the library reads it. */
    record Seen(Members roster, boolean paused) {
        boolean makes(Plan before, Plan after) {
            return (paused ? before.repaired(roster) : before.next(roster)).equals(after);
        }
    }

    /** What was read last: it seldom changes, and is asked for often. */
    private record Latest(List<Entry> members, List<Entry> settings, Seen seen) {}

    private final SimulatedStore store;
    private final LeaseStore guaranteed;
    private final int[] changes;
    private Plan plan;
    private long planVersion;
    private long revision = -1;
    /** What has been there since the present plan was written; the last is there now. */
    private final List<List<Entry>> members = new ArrayList<>();

    private final List<List<Entry>> settings = new ArrayList<>();
    private @Nullable Latest latest;
    private int plans;
    private int moves;

    PlanWitness(SimulatedStore store, LeaseStore guaranteed, int partitions) {
        this.store = store;
        this.guaranteed = guaranteed;
        this.plan = Plan.empty(partitions);
        this.changes = new int[partitions];
    }

    Plan plan() {
        return plan;
    }

    long planVersion() {
        return planVersion;
    }

    int plans() {
        return plans;
    }

    /** Partitions that went from one owner to another, or to nobody. */
    int moves() {
        return moves;
    }

    /** How often each partition's owner changed since this was asked last. */
    int[] takeChanges() {
        int[] taken = changes.clone();
        Arrays.fill(changes, 0);
        return taken;
    }

    /** What is wrong with what was written since the last look. */
    Optional<String> look() {
        if (store.revision() == revision) {
            return Optional.empty();
        }
        revision = store.revision();
        remember(members, store.entries(PartitionSimulation.MEMBERS));
        remember(settings, store.entries(PartitionSimulation.SETTINGS));
        Optional<Entry> unleased = members.get(members.size() - 1).stream()
                .filter(member -> member.leaseId() == 0)
                .findFirst();
        if (unleased.isPresent()) {
            return Optional.of("P4: a registration has no lease, and stays when its member is dead: " + unleased.get());
        }
        Optional<Entry> written =
                store.entries(PartitionSimulation.PLAN).stream().findFirst();
        if (written.isEmpty() || written.get().version() == planVersion) {
            return Optional.empty();
        }
        Plan before = plan;
        plan = Plan.parse(written.get().value());
        planVersion = written.get().version();
        plans++;
        count(before);
        boolean follows = follows(before);
        members.subList(0, members.size() - 1).clear();
        settings.subList(0, settings.size() - 1).clear();
        return follows
                ? Optional.empty()
                : Optional.of("P2: the plan of version " + planVersion
                        + " does not follow from the one before and members seen after it");
    }

    private static void remember(List<List<Entry>> all, List<Entry> now) {
        if (all.isEmpty() || !all.get(all.size() - 1).equals(now)) {
            all.add(now);
        }
    }

    private void count(Plan before) {
        for (int partition = 0; partition < changes.length; partition++) {
            Optional<String> owner = before.owner(partition);
            if (owner.isPresent() && !owner.equals(plan.owner(partition))) {
                moves++;
                changes[partition]++;
            } else if (owner.isEmpty() && plan.owner(partition).isPresent() && plans > 1) {
                changes[partition]++;
            }
        }
    }

    private boolean follows(Plan before) {
        for (int m = members.size() - 1; m >= 0; m--) {
            for (int s = settings.size() - 1; s >= 0; s--) {
                if (seen(members.get(m), settings.get(s)).makes(before, plan)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What is there now. */
    Seen now() {
        List<Entry> membersNow = store.entries(PartitionSimulation.MEMBERS);
        List<Entry> settingsNow = store.entries(PartitionSimulation.SETTINGS);
        Latest known = latest;
        if (known == null || !known.members.equals(membersNow) || !known.settings.equals(settingsNow)) {
            known = new Latest(membersNow, settingsNow, seen(membersNow, settingsNow));
            latest = known;
        }
        return known.seen;
    }

    private Seen seen(List<Entry> membersThen, List<Entry> settingsThen) {
        List<Entry> entries = new ArrayList<>(membersThen);
        entries.addAll(settingsThen);
        // Pins are told of the partitions of a plan: any plan of as many will do.
        entries.add(
                new Entry(PartitionSimulation.PLAN, Plan.empty(changes.length).text(), 1, 1, 0));
        WorkloadState state = PartitionedWorkload.control(
                        new SnapshotStore(guaranteed, entries), PartitionSimulation.WORKLOAD)
                .state(false)
                .join();
        SortedMap<Integer, String> pins = new TreeMap<>();
        state.partitions()
                .forEach(partition -> partition.pinned().ifPresent(name -> pins.put(partition.partition(), name)));
        List<PlanMember> planned = state.members().stream()
                .map(member -> new PlanMember(
                        member.name(), member.weight(), member.capacity(), member.zone(), member.draining()))
                .toList();
        return new Seen(new Members(planned, pins), state.paused());
    }
}

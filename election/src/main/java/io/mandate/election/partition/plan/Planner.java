package io.mandate.election.partition.plan;

import static io.mandate.election.partition.plan.Plan.NONE;

import io.mandate.election.partition.plan.Plan.Taker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Makes a plan from the last one and the members there are: a sticky plan, in which who owns a partition keeps it unless balance, a capacity or a pin wants it elsewhere.
 *
 * <ol>
 *   <li><b>Pins.</b> Each pinned partition goes to its member, if that is there and has the capacity.
 *   <li><b>Shares.</b> {@link Shares} says how many each member gets: the integer below or above its part. The one above goes first to those that own more than the one below.
 *   <li><b>Keep.</b> Each member keeps what it owns, up to its share. Of what is above it gives up first what has its home at a member with room, then what is at home with another, then what suits it least.
 *   <li><b>Home.</b> What nobody owns goes to its home, if that has room: the member that owned it before it left or drained.
 *   <li><b>Spread.</b> The rest goes, by {@link Rendezvous} hashing, to members with room; if its last owner went, to one in another zone if there is one. Who of those left gets the integer above is decided here, by the hash:
 *       so it is most often the {@link Plan#standby}.
 * </ol>
 *
 * <p><b>No balanced plan moves less.</b> Let member i get f(i) or, for s members of those whose part is no integer, f(i) + 1, and own o(i) of what is not pinned elsewhere. Whatever the plan, i keeps at most the smaller of
 * o(i) and what it gets; one more to i lets it keep one more if o(i) > f(i), and otherwise none. So the most that can be kept is kept when the s go to members with o(i) > f(i) as long as there are such, and each keeps all it
 * can: steps 2 and 3. All else changes its owner in any plan, but for what nobody owned before: when there is not room for all, that comes last.
 *
 * <p><b>Why not rendezvous hashing alone,</b> with bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam, 2018): it needs no last plan, but a member that comes or goes moves others' partitions too, the more the
 * tighter the bound. The last plan is in the store anyway. Figures of both: docs/decisions/009.
 *
 * <p><b>Home.</b> When its owner leaves, a partition's home is that, or the home it had before if that is there. It is forgotten when the partition is there again; when it is moved for the sake of balance or a pin; when it is settled
 * ({@link #forgetSettled}); and when more than {@value #REMEMBERED_MAX} members are away that are some partition's home: then those that left first are forgotten. So of members that are restarted one after another each gets its
 * own partitions back, or all but one: that is with somebody who was free to keep it, and comes home when that one is restarted. From a plan in which all are at home, restarts of members alike move each partition twice at most;
 * with weights, capacities and pins a few rosters in a thousand have one that moves three times. Which of those that may give up one is chosen for that: who can send it home, and who has no partition elsewhere that may come.
 *
 * <p>Confined to one thread, and used once. Takes time in the order of partitions × members when all are to be spread, and of their sum when few are.
 */
final class Planner {
    /** Names of members that will not come again, as those of containers are not, must not fill the plan; but a zone of a large workload may go and come back. */
    static final int REMEMBERED_MAX = 256;

    private final Plan before;
    private final boolean keepsAll;
    private final List<PlanMember> takers;
    private final String[] names;
    private final Rendezvous rendezvous;

    /** The taker that each taker or remembered member of the plan before is now, or none. */
    private final int[] nowAt;

    /** How many partitions are pinned to each taker; these have their owner. */
    private final int[] pinned;

    private final int[] owners;
    private final Shares shares;

    /** For each taker one whose partition it has, or none. */
    private final int[] lender;

    Planner(Plan before, Roster roster, boolean keepsAll) {
        this.before = before;
        this.keepsAll = keepsAll;
        this.takers =
                roster.members().stream().filter(member -> !member.draining()).toList();
        this.names = takers.stream().map(PlanMember::name).toArray(String[]::new);
        this.rendezvous = Rendezvous.of(
                names, takers.stream().mapToInt(PlanMember::weight).toArray());
        Map<String, Integer> takerAt = new HashMap<>();
        for (int i = 0; i < names.length; i++) {
            takerAt.put(names[i], i);
        }
        this.nowAt = IntStream.range(0, before.names())
                .map(i -> takerAt.getOrDefault(before.nameAt(i), NONE))
                .toArray();
        this.pinned = new int[names.length];
        this.owners = new int[before.partitions()];
        Arrays.fill(owners, NONE);
        roster.pins().forEach((partition, name) -> pin(partition, takerAt.getOrDefault(name, NONE)));
        this.lender = new int[names.length];
        Arrays.fill(lender, NONE);
        this.shares = new Shares(takers, pinned, owners.length);
    }

    /** Called for the lower partitions first: those win if the capacity is not enough. */
    private void pin(int partition, int taker) {
        if (taker == NONE || partition < 0 || partition >= owners.length) {
            return;
        }
        int present = present(partition);
        boolean waits = keepsAll && present != NONE && present != taker;
        if (!waits && pinned[taker] < takers.get(taker).capacity()) {
            owners[partition] = taker;
            pinned[taker]++;
        }
    }

    Plan plan() {
        List<List<Integer>> own = new ArrayList<>();
        takers.forEach(taker -> own.add(new ArrayList<>()));
        List<Integer> left = new ArrayList<>();
        List<Integer> unowned = new ArrayList<>();
        for (int partition = 0; partition < owners.length; partition++) {
            if (owners[partition] != NONE) {
                continue;
            }
            int present = present(partition);
            if (present != NONE) {
                own.get(present).add(partition);
            } else {
                (before.ownerAt(partition) == NONE ? unowned : left).add(partition);
            }
        }
        int[] excess = new int[names.length];
        Room room = room(own, left.size() + unowned.size(), excess);
        List<Integer> homeless = sendHome(left, left.size(), room);
        for (int taker = 0; taker < excess.length; taker++) {
            keep(own.get(taker), taker, excess[taker], room, homeless);
        }
        int ofUnowned = Math.min(unowned.size(), Math.max(0, room.all() - homeless.size()));
        homeless.addAll(sendHome(unowned, ofUnowned, room));
        spread(homeless, room);
        return remember();
    }

    /**
     * How many each taker has yet to get.
     *
     * @param own what each owns that is not pinned
     * @param nobodys how many partitions nobody owns
     * @param excess is filled with how many each has to give up
     */
    private Room room(List<List<Integer>> own, int nobodys, int[] excess) {
        int[] due = new int[names.length];
        boolean[] mayHaveOneMore = new boolean[names.length];
        List<Integer> wantOneMore = new ArrayList<>();
        int toPlace = nobodys;
        int dueInAll = 0;
        for (int i = 0; i < names.length; i++) {
            int owned = own.get(i).size() + pinned[i];
            due[i] = Math.max(0, shares.floor(i) - owned);
            dueInAll += due[i];
            mayHaveOneMore[i] = shares.mayHaveOneMore(i) && owned <= shares.floor(i);
            excess[i] = keepsAll ? 0 : Math.max(0, owned - shares.floor(i));
            toPlace += excess[i];
            if (shares.mayHaveOneMore(i) && owned > shares.floor(i)) {
                wantOneMore.add(i);
            }
        }
        int[] settled = settled(own, due);
        int[] astray = astray(own);
        wantOneMore.sort(Comparator.<Integer, Boolean>comparing(i -> settled[i] <= shares.floor(i))
                .thenComparing(i -> astray[i]));
        int keepOneMore = Math.min(shares.spare(), wantOneMore.size());
        for (int i : wantOneMore.subList(0, keepOneMore)) {
            toPlace -= excess[i] > 0 ? 1 : 0;
            excess[i] = Math.max(0, excess[i] - 1);
        }
        int spare = Math.min(shares.spare() - keepOneMore, Math.max(0, toPlace - dueInAll));
        return new Room(due, mayHaveOneMore, spare);
    }

    /** How many each taker owns that would not go home if it gave them up: who has more of these has to move more that was settled. */
    private int[] settled(List<List<Integer>> own, int[] due) {
        int[] settled = pinned.clone();
        for (int i = 0; i < settled.length; i++) {
            for (int partition : own.get(i)) {
                int home = home(partition);
                settled[i] += home != NONE && due[home] > 0 ? 0 : 1;
            }
        }
        return settled;
    }

    /** How many others own that have their home at each taker: who has more of these should keep room for them. */
    private int[] astray(List<List<Integer>> own) {
        int[] astray = new int[names.length];
        for (int i = 0; i < astray.length; i++) {
            for (int partition : own.get(i)) {
                int home = home(partition);
                if (home != NONE) {
                    astray[home]++;
                    lender[i] = home;
                }
            }
        }
        return astray;
    }

    /**
     * Sends home what has a home with room.
     *
     * @param countMax of all that nobody owns, for how many there is room
     * @return what else there is room for
     */
    private List<Integer> sendHome(List<Integer> nobodys, int countMax, Room room) {
        List<Integer> homeless = new ArrayList<>();
        int sent = 0;
        for (int partition : nobodys) {
            if (sent < countMax && goes(partition, homeOrLender(partition, room), room)) {
                sent++;
            } else {
                homeless.add(partition);
            }
        }
        return homeless.subList(0, Math.min(homeless.size(), countMax - sent));
    }

    private boolean goes(int partition, int to, Room room) {
        if (to == NONE || !room.has(to)) {
            return false;
        }
        room.take(to);
        owners[partition] = to;
        return true;
    }

    /** Where to send what its owner left: home or, if that is full as it has what is at home elsewhere, there; and so on. */
    private int homeOrLender(int partition, Room room) {
        int to = home(partition);
        for (int steps = 0; to != NONE && !room.has(to) && steps < lender.length; steps++) {
            to = lender[to];
        }
        return to;
    }

    /** Leaves a taker what it owns, but for so many that it has to give up. */
    private void keep(List<Integer> own, int taker, int excess, Room room, List<Integer> homeless) {
        for (int partition : own) {
            owners[partition] = taker;
        }
        if (excess == 0) {
            return;
        }
        List<Integer> leastSuitedFirst = new ArrayList<>(own);
        leastSuitedFirst.sort(Comparator.<Integer, Boolean>comparing(partition -> home(partition) == NONE)
                .thenComparingDouble(partition -> -rendezvous.distance(Rendezvous.ofPartition(partition), taker)));
        int left = excess;
        List<Integer> stay = new ArrayList<>();
        for (int partition : leastSuitedFirst) {
            if (left > 0 && goes(partition, home(partition), room)) {
                left--;
            } else {
                stay.add(partition);
            }
        }
        for (int partition : stay.subList(0, left)) {
            owners[partition] = NONE;
            homeless.add(partition);
        }
    }

    private void spread(List<Integer> homeless, Room room) {
        int[] open = IntStream.range(0, names.length).filter(room::has).toArray();
        for (int partition : homeless) {
            if (room.all() == 0) {
                return;
            }
            int taker = nearest(partition, open, room);
            room.take(taker);
            owners[partition] = taker;
            if (!room.has(taker)) {
                open = Arrays.stream(open).filter(room::has).toArray();
            }
        }
    }

    private int nearest(int partition, int[] open, Room room) {
        String zone = zoneLeft(partition);
        long ofPartition = Rendezvous.ofPartition(partition);
        int nearest = NONE;
        boolean nearestElsewhere = false;
        double least = 0;
        for (int i : open) {
            if (!room.has(i)) {
                continue;
            }
            boolean elsewhere = zone.isEmpty() || !takers.get(i).zone().equals(zone);
            double distance = rendezvous.distance(ofPartition, i);
            if (nearest == NONE || (elsewhere == nearestElsewhere ? distance < least : elsewhere)) {
                nearest = i;
                nearestElsewhere = elsewhere;
                least = distance;
            }
        }
        return nearest;
    }

    /** The zone of the last owner, if that went: what struck it may strike its neighbours. */
    private String zoneLeft(int partition) {
        int ownerBefore = before.ownerAt(partition);
        return ownerBefore != NONE && nowAt[ownerBefore] == NONE
                ? before.takerAt(ownerBefore).zone()
                : "";
    }

    /** The taker that owned a partition before, or none. */
    private int present(int partition) {
        int ownerBefore = before.ownerAt(partition);
        return ownerBefore == NONE ? NONE : nowAt[ownerBefore];
    }

    /** The taker that is a partition's home, or none. */
    private int home(int partition) {
        int home = before.homeAt(partition);
        return home == NONE ? NONE : nowAt[home];
    }

    /** The plan with its homes, and the names that these need. */
    private Plan remember() {
        int[] owned = new int[names.length];
        for (int owner : owners) {
            if (owner != NONE) {
                owned[owner]++;
            }
        }
        int[] homes = IntStream.range(0, owners.length).map(this::homeAfter).toArray();
        forgetSettled(homes);
        int[] after = nowAt.clone();
        boolean[] needed = new boolean[after.length];
        Arrays.stream(homes).filter(home -> home != NONE).forEach(home -> needed[home] = true);
        List<String> remembered = new ArrayList<>();
        for (int i = 0; i < after.length && remembered.size() < REMEMBERED_MAX; i++) {
            if (after[i] == NONE && needed[i]) {
                after[i] = names.length + remembered.size();
                remembered.add(before.nameAt(i));
            }
        }
        Arrays.setAll(homes, partition -> homes[partition] == NONE ? NONE : after[homes[partition]]);
        List<Taker> all = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            PlanMember taker = takers.get(i);
            all.add(new Taker(taker.name(), taker.zone(), taker.weight(), owned[i] >= taker.capacity()));
        }
        return new Plan(all, remembered, owners, homes);
    }

    /** A partition's home from now on, as the plan before numbers names; or none. Those numbers have who left just now before who had been remembered. */
    private int homeAfter(int partition) {
        int present = present(partition);
        int home = before.homeAt(partition);
        if (present != NONE) {
            return owners[partition] == present ? home : NONE;
        }
        int kept = home(partition) == NONE && before.ownerAt(partition) != NONE ? before.ownerAt(partition) : home;
        boolean there = kept != NONE && nowAt[kept] != NONE && nowAt[kept] == owners[partition];
        return there ? NONE : kept;
    }

    /**
     * Forgets homes at members that are there, each if its member and the owner were nearer to equal, by weight, with the partition at home where it is: whether what members away have lent is counted or not, as they may
     * come back or not. Until there are no more such.
     */
    private void forgetSettled(int[] homes) {
        long[] homed = new long[names.length];
        long[] lent = new long[names.length];
        for (int partition = 0; partition < homes.length; partition++) {
            int home = homes[partition] == NONE ? owners[partition] : nowAt[homes[partition]];
            if (home != NONE) {
                homed[home]++;
            } else if (owners[partition] != NONE) {
                lent[owners[partition]]++;
            }
        }
        boolean again = true;
        while (again) {
            again = false;
            for (int partition = 0; partition < homes.length; partition++) {
                int home = homes[partition] == NONE ? NONE : nowAt[homes[partition]];
                int owner = owners[partition];
                if (home != NONE
                        && owner != NONE
                        && isNearer(home, homed[home], owner, homed[owner])
                        && isNearer(home, homed[home] + lent[home], owner, homed[owner] + lent[owner])) {
                    homed[home]--;
                    homed[owner]++;
                    homes[partition] = NONE;
                    again = true;
                }
            }
        }
    }

    /** Whether two members of which the first gave the second one partition would be nearer to equal. */
    private boolean isNearer(int from, long hasFrom, int to, long hasTo) {
        return (hasFrom - 1) * takers.get(to).weight()
                >= (hasTo + 1) * takers.get(from).weight();
    }
}

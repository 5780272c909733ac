package io.mandate.election.internal.plan;

import static io.mandate.election.internal.plan.Plan.NONE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Makes a plan from the last one and the members there are: a sticky plan, in which who owns a partition keeps it
 * unless balance, a capacity or a pin wants it elsewhere.
 *
 * <ol>
 *   <li><b>Pins.</b> Each pinned partition goes to its member, if that is there and has the capacity.
 *   <li><b>Shares.</b> {@link Quotas} says how many each member gets: the integer below or above its part. The one
 *       above goes first to those that own more than the one below.
 *   <li><b>Keep.</b> Each member keeps what it owns, up to its share. Of what is above it gives up first what has its
 *       home at a member with room, then what is at home with another, then what suits it least.
 *   <li><b>Home.</b> What nobody owns goes to its home, if that has room: the member that owned it before it left or
 *       drained.
 *   <li><b>Spread.</b> The rest goes, by {@link Rendezvous} hashing, to members with room; if its last owner went, to
 *       one in another zone if there is one. Who of those left gets the integer above is decided here, by the hash: so
 *       it is most often the {@link Plan#standby}.
 * </ol>
 *
 * <p><b>No balanced plan moves less.</b> Let member i get f(i) or, for s members of those whose part is no integer,
 * f(i) + 1, and own o(i) of what is not pinned elsewhere. Whatever the plan, i keeps at most the smaller of o(i) and
 * what it gets; one more to i lets it keep one more if o(i) > f(i), and otherwise none. So the most that can be kept is
 * kept when the s go to members with o(i) > f(i) as long as there are such, and each keeps all it can: steps 2 and 3.
 * All else changes its owner in any plan, but for what nobody owned before: when there is not room for all, that comes
 * last.
 *
 * <p><b>Why not rendezvous hashing alone,</b> with bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam, 2018): it
 * needs no last plan, but a member that comes or goes moves others' partitions too, the more the tighter the bound. The
 * last plan is in the store anyway. Figures of both: docs/decisions/009.
 *
 * <p><b>Restarts.</b> Of members that are restarted one after another each gets its own partitions back, or all but
 * one: that is with somebody who was free to keep it, and goes home when that one is restarted ({@link PreviousOwners}
 * says what is remembered). So restarts of members alike move each partition twice at most, also after members came or
 * went for good; with weights, capacities and pins a few rosters in a thousand have one that moves three times. Who
 * keeps one more is chosen for that: first who would have to give up what has no home to go to.
 *
 * <p>Confined to one thread, and used once. Takes time in the order of partitions × members when all are to be spread,
 * and of their sum when few are.
 */
final class Planner {
    private final PreviousPlan last;
    private final boolean keepsAll;
    private final List<PlanMember> takers;
    private final Rendezvous rendezvous;

    /** How many partitions are pinned to each taker; these have their owner. */
    private final int[] pinned;

    private final int[] owners;
    private final Quotas shares;

    /** For each taker one whose partition it has, or none. */
    private final int[] lender;

    /** @param keepsAll whether who is there keeps what it has, above its share and in spite of pins */
    Planner(Plan before, Members roster, boolean keepsAll) {
        this.keepsAll = keepsAll;
        this.takers =
                roster.members().stream().filter(member -> !member.draining()).toList();
        this.last = new PreviousPlan(before, takers);
        this.rendezvous = Rendezvous.of(
                takers.stream().map(PlanMember::name).toArray(String[]::new),
                takers.stream().mapToInt(PlanMember::weight).toArray());
        this.owners = none(before.partitions());
        this.lender = none(takers.size());
        this.pinned = new int[takers.size()];
        Map<String, Integer> takerAt = new HashMap<>();
        for (int i = 0; i < pinned.length; i++) {
            takerAt.put(takers.get(i).name(), i);
        }
        roster.pins().forEach((partition, name) -> pin(partition, takerAt.getOrDefault(name, NONE)));
        this.shares = new Quotas(takers, pinned, owners.length);
    }

    private static int[] none(int length) {
        int[] none = new int[length];
        Arrays.fill(none, NONE);
        return none;
    }

    /** Called for the lower partitions first: those win if the capacity is not enough. */
    private void pin(int partition, int taker) {
        if (taker == NONE || partition < 0 || partition >= owners.length) {
            return;
        }
        int present = last.owner(partition);
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
            int present = last.owner(partition);
            if (present != NONE) {
                own.get(present).add(partition);
            } else {
                (last.hadOwner(partition) ? left : unowned).add(partition);
            }
        }
        int[] excess = new int[pinned.length];
        Capacity room = room(own, excess);
        List<Integer> homeless = sendHome(left, left.size(), room);
        for (int taker = 0; taker < excess.length; taker++) {
            keep(own.get(taker), taker, excess[taker], room, homeless);
        }
        int ofUnowned = Math.min(unowned.size(), Math.max(0, room.all() - homeless.size()));
        homeless.addAll(sendHome(unowned, ofUnowned, room));
        spread(homeless, room);
        return new PreviousOwners(last, takers, owners).plan();
    }

    /**
     * How many each taker has yet to get.
     *
     * @param own what each owns that is not pinned
     * @param excess is filled with how many each has to give up
     */
    private Capacity room(List<List<Integer>> own, int[] excess) {
        int[] due = new int[pinned.length];
        boolean[] mayHaveOneMore = new boolean[pinned.length];
        List<Integer> wantOneMore = new ArrayList<>();
        for (int i = 0; i < pinned.length; i++) {
            int above = own.get(i).size() + pinned[i] - shares.floor(i);
            due[i] = Math.max(0, -above);
            excess[i] = Math.max(0, above);
            mayHaveOneMore[i] = shares.mayHaveOneMore(i) && above <= 0;
            if (shares.mayHaveOneMore(i) && above > 0) {
                wantOneMore.add(i);
            }
        }
        int[] settled = settled(own, due);
        wantOneMore.sort(Comparator.comparing(i -> settled[i] <= shares.floor(i)));
        int keepOneMore = Math.min(shares.spare(), wantOneMore.size());
        wantOneMore.subList(0, keepOneMore).forEach(i -> excess[i]--);
        if (keepsAll) {
            Arrays.fill(excess, 0);
        }
        return new Capacity(due, mayHaveOneMore, shares.spare() - keepOneMore);
    }

    /** How many each taker owns that would not go home if it gave them up. */
    private int[] settled(List<List<Integer>> own, int[] due) {
        int[] settled = pinned.clone();
        for (int i = 0; i < settled.length; i++) {
            for (int partition : own.get(i)) {
                int home = last.home(partition);
                settled[i] += home != NONE && due[home] > 0 ? 0 : 1;
                lender[i] = home != NONE ? home : lender[i];
            }
        }
        return settled;
    }

    /**
     * Sends home what has a home with room.
     *
     * @param countMax of all that nobody owns, for how many there is room
     * @return what else there is room for
     */
    private List<Integer> sendHome(List<Integer> nobodys, int countMax, Capacity room) {
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

    private boolean goes(int partition, int to, Capacity room) {
        if (to == NONE || !room.has(to)) {
            return false;
        }
        room.take(to);
        owners[partition] = to;
        return true;
    }

    /**
     * Where to send what its owner left: home or, if that is full as it has what is at home elsewhere, there; and so
     * on.
     */
    private int homeOrLender(int partition, Capacity room) {
        int to = last.home(partition);
        for (int steps = 0; to != NONE && !room.has(to) && steps < lender.length; steps++) {
            to = lender[to];
        }
        return to;
    }

    /** Leaves a taker what it owns, but for so many that it has to give up. */
    private void keep(List<Integer> own, int taker, int excess, Capacity room, List<Integer> homeless) {
        for (int partition : own) {
            owners[partition] = taker;
        }
        if (excess == 0) {
            return;
        }
        List<Integer> leastSuitedFirst = new ArrayList<>(own);
        leastSuitedFirst.sort(Comparator.<Integer, Boolean>comparing(partition -> last.home(partition) == NONE)
                .thenComparingDouble(partition -> -rendezvous.distance(Rendezvous.ofPartition(partition), taker)));
        int left = excess;
        List<Integer> stay = new ArrayList<>();
        for (int partition : leastSuitedFirst) {
            if (left > 0 && goes(partition, last.home(partition), room)) {
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

    private void spread(List<Integer> homeless, Capacity room) {
        int[] open = IntStream.range(0, pinned.length).filter(room::has).toArray();
        for (int partition : homeless) {
            if (room.all() == 0) {
                return;
            }
            String zone = last.zoneLeft(partition);
            int taker = rendezvous.nearest(
                    partition,
                    open,
                    room::has,
                    i -> zone.isEmpty() || !takers.get(i).zone().equals(zone));
            room.take(taker);
            owners[partition] = taker;
            if (!room.has(taker)) {
                open = Arrays.stream(open).filter(room::has).toArray();
            }
        }
    }
}

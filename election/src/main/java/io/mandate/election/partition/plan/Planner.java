package io.mandate.election.partition.plan;

import static io.mandate.election.partition.plan.Plan.NONE;

import io.mandate.election.partition.plan.Plan.Known;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a plan from the last one and the members there are: a sticky plan, in which who owns a partition keeps it unless balance, a bound or a pin wants it elsewhere.
 *
 * <ol>
 *   <li><b>Targets.</b> {@link Shares} says how many each member gets. Where that is one of two numbers, first those get more that had more before a member left, then
 *       those that own more now.
 *   <li><b>Keep.</b> Each member keeps what it owns, up to its target. What is above that it gives up: first what goes home to a member with room, then what has its home
 *       elsewhere, then what suits it least.
 *   <li><b>Home.</b> What nobody owns goes to its home, if that has room: the member that owned it before it left or drained.
 *   <li><b>Spread.</b> The rest goes, by rendezvous hashing, to members with room; if its last owner went, to one in another zone if there is one.
 * </ol>
 *
 * No plan that keeps to the targets moves less: what leaves a member that stays is what it owns above its target, and what a pin takes from it. And no other targets move less but by what goes home. A plan that is in balance for its members stays as it is.
 * Rendezvous hashing with bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam, 2018) needs no last plan, but moves more: docs/decisions/009.
 *
 * <p>A home is remembered until the partition is there again, or more than {@value #REMEMBERED_MAX} members are away: then those that left first are forgotten. So of members that are restarted one after
 * another each gets its own partitions back, and nothing else moves.
 *
 * <p>Confined to one thread, and used once.
 */
final class Planner {
    /** Names of members that will not come again, as those of containers are not, must not fill the plan. */
    static final int REMEMBERED_MAX = 64;

    private final Plan before;
    private final List<PlanMember> takers;
    private final Map<String, Integer> takerAt = new HashMap<>();
    private final long[] hashes;
    private final int partitions;
    /** The taker that owns, or is to own because of a pin; or none. */
    private final int[] present;

    private final int[] pinned;
    private final int[] owners;
    /** How many each taker has yet to get. */
    private final int[] room;

    private final boolean keepsAll;

    Planner(Plan before, Roster roster, boolean keepsAll) {
        this.before = before;
        this.keepsAll = keepsAll;
        this.partitions = before.partitions();
        this.takers =
                roster.members().stream().filter(member -> !member.draining()).toList();
        for (int i = 0; i < takers.size(); i++) {
            takerAt.put(takers.get(i).name(), i);
        }
        this.hashes = takers.stream()
                .mapToLong(taker -> Rendezvous.ofName(taker.name()))
                .toArray();
        this.present = new int[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            present[partition] = before.owner(partition)
                    .map(owner -> takerAt.getOrDefault(owner, NONE))
                    .orElse(NONE);
        }
        this.pinned = new int[takers.size()];
        this.owners = filled(partitions);
        pin(roster.pins());
        this.room = new int[takers.size()];
    }

    private static int[] filled(int length) {
        int[] none = new int[length];
        Arrays.fill(none, NONE);
        return none;
    }

    Plan plan() {
        keep();
        List<Integer> homeless = sendHome();
        spread(homeless);
        return remember();
    }

    /** The lower partitions first, as far as the capacity goes. */
    private void pin(Map<Integer, String> pins) {
        pins.forEach((partition, name) -> {
            int taker = takerAt.getOrDefault(name, NONE);
            if (taker == NONE || partition < 0 || partition >= partitions) {
                return;
            }
            boolean stays = keepsAll && present[partition] != NONE && present[partition] != taker;
            if (!stays && pinned[taker] < takers.get(taker).capacity()) {
                owners[partition] = taker;
                pinned[taker]++;
            }
        });
    }

    private void keep() {
        List<List<Integer>> own = new ArrayList<>();
        takers.forEach(taker -> own.add(new ArrayList<>()));
        for (int partition = 0; partition < partitions; partition++) {
            if (owners[partition] == NONE && present[partition] != NONE) {
                own.get(present[partition]).add(partition);
            }
        }
        int[] owned = new int[takers.size()];
        Arrays.setAll(owned, i -> own.get(i).size() + pinned[i]);
        int[] targets = new Shares(takers, pinned, partitions).targets(owned, atHome(owned));
        for (int i = 0; i < targets.length; i++) {
            room[i] = Math.max(0, targets[i] - owned[i]);
        }
        int[] homeRoom = room.clone();
        for (int taker = 0; taker < targets.length; taker++) {
            List<Integer> mine = own.get(taker);
            int excess = keepsAll ? 0 : Math.max(0, owned[taker] - targets[taker]);
            List<Integer> kept = excess == 0 ? mine : without(excess, mine, taker, homeRoom);
            for (int partition : kept) {
                owners[partition] = taker;
            }
        }
    }

    /** How many each owns or is the home of, less what it owns whose home is at another. */
    private int[] atHome(int[] owned) {
        int[] atHome = owned.clone();
        for (int partition = 0; partition < partitions; partition++) {
            int home = home(partition);
            if (home != NONE && home != present[partition] && owners[partition] == NONE) {
                atHome[home]++;
                if (present[partition] != NONE) {
                    atHome[present[partition]]--;
                }
            }
        }
        return atHome;
    }

    /** What is left of a member's partitions when it has given up so many. */
    private List<Integer> without(int excess, List<Integer> mine, int taker, int[] homeRoom) {
        List<Integer> worstFirst = new ArrayList<>(mine);
        worstFirst.sort(Comparator.<Integer, Boolean>comparing(partition -> !isGuest(partition, taker))
                .thenComparing(partition -> Rendezvous.score(partition, hashes[taker])));
        List<Integer> stay = new ArrayList<>();
        int left = excess;
        for (int partition : worstFirst) {
            int home = home(partition);
            if (left > 0 && isGuest(partition, taker) && homeRoom[home] > 0) {
                homeRoom[home]--;
                left--;
            } else {
                stay.add(partition);
            }
        }
        return stay.subList(left, stay.size());
    }

    private boolean isGuest(int partition, int taker) {
        int home = home(partition);
        return home != NONE && home != taker;
    }

    /** The taker that is a partition's home. */
    private int home(int partition) {
        int home = before.homeAt(partition);
        return home == NONE
                ? NONE
                : takerAt.getOrDefault(before.known().get(home).name(), NONE);
    }

    /** @return what has no home with room */
    private List<Integer> sendHome() {
        List<Integer> homeless = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            if (owners[partition] != NONE) {
                continue;
            }
            int home = home(partition);
            if (home != NONE && room[home] > 0) {
                room[home]--;
                owners[partition] = home;
            } else {
                homeless.add(partition);
            }
        }
        return homeless;
    }

    private void spread(List<Integer> homeless) {
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < room.length; i++) {
            if (room[i] > 0) {
                open.add(i);
            }
        }
        for (int partition : homeless) {
            int taker = best(partition, open);
            if (taker == NONE) {
                return;
            }
            owners[partition] = taker;
            room[taker]--;
            if (room[taker] == 0) {
                open.remove((Integer) taker);
            }
        }
    }

    private int best(int partition, List<Integer> open) {
        int ownerBefore = before.ownerAt(partition);
        boolean went = ownerBefore != NONE && present[partition] == NONE;
        String zone = went ? before.known().get(ownerBefore).zone() : "";
        int best = NONE;
        boolean bestElsewhere = false;
        long bestScore = 0;
        for (int i : open) {
            boolean elsewhere = !takers.get(i).zone().equals(zone);
            long score = Rendezvous.score(partition, hashes[i]);
            if (best == NONE || ((!went || elsewhere == bestElsewhere) ? score > bestScore : elsewhere)) {
                best = i;
                bestElsewhere = elsewhere;
                bestScore = score;
            }
        }
        return best;
    }

    /** The plan with its homes, and the names that these need. */
    private Plan remember() {
        Map<String, Integer> at = new HashMap<>(takerAt);
        List<Known> known = new ArrayList<>();
        takers.forEach(taker -> known.add(new Known(taker.name(), taker.zone())));
        String[] homes = new String[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            homes[partition] = homeNow(partition);
        }
        Set<String> needed = new HashSet<>(Arrays.asList(homes));
        for (Known away : awayLatestFirst()) {
            if (needed.contains(away.name()) && known.size() - takers.size() < REMEMBERED_MAX) {
                at.put(away.name(), known.size());
                known.add(new Known(away.name(), ""));
            }
        }
        int[] homesAt = new int[partitions];
        Arrays.setAll(homesAt, partition -> at.getOrDefault(homes[partition], NONE));
        return new Plan(known, takers.size(), owners, homesAt);
    }

    /** Where a partition's home is after this; empty for nowhere. */
    private String homeNow(int partition) {
        int ownerBefore = before.ownerAt(partition);
        int homeBefore = before.homeAt(partition);
        String home = homeBefore != NONE ? before.known().get(homeBefore).name() : "";
        if (home.isEmpty() && ownerBefore != NONE && present[partition] == NONE) {
            home = before.known().get(ownerBefore).name();
        }
        boolean there = owners[partition] != NONE
                && takers.get(owners[partition]).name().equals(home);
        return there ? "" : home;
    }

    /** Those that took part last time before those that had been remembered already. */
    private List<Known> awayLatestFirst() {
        return before.known().stream()
                .filter(known -> !takerAt.containsKey(known.name()))
                .toList();
    }
}

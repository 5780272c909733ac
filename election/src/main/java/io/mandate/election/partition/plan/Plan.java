package io.mandate.election.partition.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which member should own which partition, and where those would go back to whose owner has left. Each plan follows from the one before and the members there are ({@link #next}); how, says {@link Planner}. Immutable.
 */
public final class Plan {
    /** As many as are told apart by two letters each for as many members as there can be, in one value of the store. */
    public static final int PARTITIONS_MAX = 16_384;

    /** In place of an index: nobody. */
    static final int NONE = -1;

    /** A member, or one that was. */
    record Known(String name, String zone) {}

    private final List<Known> known;
    private final int takers;
    private final int[] owners;
    private final int[] homes;

    /**
     * A plan of its parts, which are the caller's no more.
     *
     * @param known those that take partitions, in the order of their names, and after them those remembered, the latest first
     * @param takers how many of these take partitions
     * @param owners indices into {@code known} of takers, or {@link #NONE}
     * @param homes indices into {@code known}, or {@link #NONE}
     */
    Plan(List<Known> known, int takers, int[] owners, int[] homes) {
        this.known = List.copyOf(known);
        this.takers = takers;
        this.owners = owners;
        this.homes = homes;
    }

    /**
     * The plan before the first: nobody owns anything.
     *
     * @param partitions 1 to {@value #PARTITIONS_MAX}
     * @throws IllegalArgumentException if it is out of its bounds
     */
    public static Plan empty(int partitions) {
        if (partitions < 1 || partitions > PARTITIONS_MAX) {
            throw new IllegalArgumentException(partitions + " partitions are not between 1 and " + PARTITIONS_MAX
                    + ": some ten for each member is usual");
        }
        int[] nobody = new int[partitions];
        Arrays.fill(nobody, NONE);
        return new Plan(List.of(), 0, nobody, nobody.clone());
    }

    public int partitions() {
        return owners.length;
    }

    /** Who should own a partition; empty if nobody has room. */
    public Optional<String> owner(int partition) {
        int owner = owners[partition];
        return owner == NONE ? Optional.empty() : Optional.of(known.get(owner).name());
    }

    /** Who would be given a partition if its owner went, as far as that can be told: one in another zone if there is one; empty if nobody else is there. */
    public Optional<String> standby(int partition) {
        int standby = standbyAt(partition, nameHashes());
        return standby == NONE
                ? Optional.empty()
                : Optional.of(known.get(standby).name());
    }

    /** What a member should own, in ascending order. */
    public List<Integer> of(String member) {
        int taker = takerAt(member);
        List<Integer> all = new ArrayList<>();
        for (int partition = 0; taker != NONE && partition < owners.length; partition++) {
            if (owners[partition] == taker) {
                all.add(partition);
            }
        }
        return all;
    }

    /** The partitions whose {@link #standby} a member is, in ascending order. */
    public List<Integer> standbyOf(String member) {
        int taker = takerAt(member);
        long[] hashes = nameHashes();
        List<Integer> all = new ArrayList<>();
        for (int partition = 0; taker != NONE && partition < owners.length; partition++) {
            if (standbyAt(partition, hashes) == taker) {
                all.add(partition);
            }
        }
        return all;
    }

    /** Whether this is the plan for these members: so that the next one would be the same. */
    public boolean isFor(Roster roster) {
        return next(roster).equals(this);
    }

    /** The plan that follows when the members are these. */
    public Plan next(Roster roster) {
        return new Planner(this, roster, false).plan();
    }

    /** The plan that follows when nothing is to be moved: who is there keeps what it has, and the others get what nobody has. */
    public Plan repaired(Roster roster) {
        return new Planner(this, roster, true).plan();
    }

    /** For the store: at most {@value PlanText#BYTES_MAX} bytes of UTF-8. */
    public String text() {
        return PlanText.write(this);
    }

    /**
     * The plan of a text.
     *
     * @throws IllegalArgumentException if it is none that this version writes, naming what is wrong
     */
    public static Plan parse(String text) {
        return PlanText.read(text);
    }

    List<Known> known() {
        return known;
    }

    int takers() {
        return takers;
    }

    int ownerAt(int partition) {
        return owners[partition];
    }

    int homeAt(int partition) {
        return homes[partition];
    }

    private int takerAt(String member) {
        for (int i = 0; i < takers; i++) {
            if (known.get(i).name().equals(member)) {
                return i;
            }
        }
        return NONE;
    }

    private long[] nameHashes() {
        return known.stream()
                .limit(takers)
                .mapToLong(member -> Rendezvous.ofName(member.name()))
                .toArray();
    }

    private int standbyAt(int partition, long[] hashes) {
        int owner = owners[partition];
        if (owner == NONE) {
            return NONE;
        }
        String zone = known.get(owner).zone();
        int best = NONE;
        boolean bestElsewhere = false;
        long bestScore = 0;
        for (int i = 0; i < takers; i++) {
            if (i == owner) {
                continue;
            }
            boolean elsewhere = !known.get(i).zone().equals(zone);
            long score = Rendezvous.score(partition, hashes[i]);
            if (best == NONE || (elsewhere == bestElsewhere ? score > bestScore : elsewhere)) {
                best = i;
                bestElsewhere = elsewhere;
                bestScore = score;
            }
        }
        return best;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Plan plan
                && takers == plan.takers
                && known.equals(plan.known)
                && Arrays.equals(owners, plan.owners)
                && Arrays.equals(homes, plan.homes);
    }

    @Override
    public int hashCode() {
        return Objects.hash(known, takers, Arrays.hashCode(owners), Arrays.hashCode(homes));
    }

    @Override
    public String toString() {
        return "plan of " + owners.length + " partitions for " + takers + " members";
    }
}

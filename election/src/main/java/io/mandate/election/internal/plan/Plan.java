package io.mandate.election.internal.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which member should own which partition, and where those would go back to whose owner has left. Each plan follows
 * from the one before and the members there are ({@link #next}); how, says {@link Planner}. Immutable.
 */
public final class Plan {
    /** As many as are told apart by two letters each for as many members as there can be, in one value of the store. */
    public static final int PARTITIONS_MAX = 16_384;

    /** In place of an index: nobody. */
    static final int NONE = -1;

    /**
     * A member that takes partitions.
     *
     * @param full whether it has no capacity for more
     */
    record Taker(String name, String zone, int weight, boolean full) {}

    private final List<Taker> takers;
    private final List<String> remembered;
    private final int[] owners;
    private final int[] homes;

    /** Of each partition the index of its standby, when these have been asked for. */
    private volatile int @Nullable [] standbys;

    /**
     * A plan of its parts; the arrays are this one's from now on.
     *
     * @param takers in the order of their names
     * @param remembered members away that are the home of a partition, the latest first
     * @param owners indices of takers, or {@link #NONE}
     * @param homes indices of takers or, after these, of those remembered; or {@link #NONE}
     */
    Plan(List<Taker> takers, List<String> remembered, int[] owners, int[] homes) {
        this.takers = List.copyOf(takers);
        this.remembered = List.copyOf(remembered);
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
        return new Plan(List.of(), List.of(), nobody, nobody.clone());
    }

    public int partitions() {
        return owners.length;
    }

    /** Who should own a partition; empty if nobody has room. */
    public Optional<String> owner(int partition) {
        return nameOf(owners[partition]);
    }

    /**
     * Who is to be told to keep warm: most likely the one that would be given a partition if its owner left. Of the
     * members with room, if there are such in another zone of these, the one that suits it best; empty if nobody else
     * has room, or if nobody owns it.
     */
    public Optional<String> standby(int partition) {
        return nameOf(standbys()[partition]);
    }

    /** What a member should own, in ascending order. */
    public List<Integer> of(String member) {
        return partitionsWith(owners, member);
    }

    /** The partitions whose {@link #standby} a member is, in ascending order. */
    public List<Integer> standbyOf(String member) {
        return partitionsWith(standbys(), member);
    }

    /** Whether this is the plan for these members: the {@link #next} one would be the same. */
    public boolean isFor(Members roster) {
        return next(roster).equals(this);
    }

    /** The plan that follows when the members are these. */
    public Plan next(Members roster) {
        return new Planner(this, roster, false).plan();
    }

    /**
     * The plan that follows when nothing is to be moved, not even for a pin or a capacity: who is there and does not
     * drain keeps what it has, and what nobody has is given to who would get it for the sake of balance.
     */
    public Plan repaired(Members roster) {
        return new Planner(this, roster, true).plan();
    }

    /**
     * For the store: at most {@value PlanText#BYTES_MAX} bytes of UTF-8. That is enough for {@value #PARTITIONS_MAX}
     * partitions and {@value Members#MEMBERS_MAX} members whose names and zones are, together, of 20 bytes, whatever
     * these are; and of twice that or more if the names resemble one another, as names do. If the text would be longer,
     * the homes of members that are away are left out: these then get their share, but not what was theirs.
     *
     * @throws IllegalStateException if it would be longer even so, naming the remedy
     */
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

    List<Taker> takers() {
        return takers;
    }

    Taker takerAt(int index) {
        return takers.get(index);
    }

    List<String> remembered() {
        return remembered;
    }

    /** How many names there are: of takers, and after these of those remembered. */
    int names() {
        return takers.size() + remembered.size();
    }

    String nameAt(int index) {
        return index < takers.size() ? takers.get(index).name() : remembered.get(index - takers.size());
    }

    int ownerAt(int partition) {
        return owners[partition];
    }

    int homeAt(int partition) {
        return homes[partition];
    }

    private Optional<String> nameOf(int taker) {
        return taker == NONE ? Optional.empty() : Optional.of(takers.get(taker).name());
    }

    private List<Integer> partitionsWith(int[] indices, String member) {
        int taker = indexOf(member);
        return taker == NONE
                ? List.of()
                : IntStream.range(0, indices.length)
                        .filter(partition -> indices[partition] == taker)
                        .boxed()
                        .toList();
    }

    private int indexOf(String member) {
        for (int i = 0; i < takers.size(); i++) {
            if (takers.get(i).name().equals(member)) {
                return i;
            }
        }
        return NONE;
    }

    private int[] standbys() {
        int[] known = standbys;
        if (known == null) {
            Rendezvous rendezvous = Rendezvous.of(
                    takers.stream().map(Taker::name).toArray(String[]::new),
                    takers.stream().mapToInt(Taker::weight).toArray());
            int[] all = IntStream.range(0, takers.size()).toArray();
            known = IntStream.range(0, owners.length)
                    .map(partition -> standbyAt(partition, rendezvous, all))
                    .toArray();
            standbys = known;
        }
        return known;
    }

    private int standbyAt(int partition, Rendezvous rendezvous, int[] all) {
        int owner = owners[partition];
        if (owner == NONE) {
            return NONE;
        }
        String zone = takers.get(owner).zone();
        return rendezvous.nearest(
                partition,
                all,
                i -> i != owner && !takers.get(i).full(),
                i -> zone.isEmpty() || !takers.get(i).zone().equals(zone));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Plan plan
                && takers.equals(plan.takers)
                && remembered.equals(plan.remembered)
                && Arrays.equals(owners, plan.owners)
                && Arrays.equals(homes, plan.homes);
    }

    @Override
    public int hashCode() {
        return Objects.hash(takers, remembered, Arrays.hashCode(owners), Arrays.hashCode(homes));
    }

    @Override
    public String toString() {
        return "plan of " + owners.length + " partitions for " + takers.size() + " members";
    }
}

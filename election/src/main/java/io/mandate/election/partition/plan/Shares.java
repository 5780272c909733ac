package io.mandate.election.partition.plan;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How many partitions each member gets: its part by weight, but no fewer than are pinned to it and no more than it has capacity for; what one cannot take the others share by weight. Each gets
 * the integer below or above its part.
 *
 * <p>The parts are found by setting those free of their bounds that the bounds do not touch: in each round all free members share what is left by weight, and of those that violate a bound, those that
 * violate it to the side on which the violations are larger in sum are held at their bound for good. (So are flexible lengths resolved in CSS, and for the same reason: holding these can only make violations to the
 * other side smaller.)
 */
final class Shares {
    private final long[] floors;
    private final long[] remainders;
    private final long left;

    /** @param atLeast how many are pinned to each member, no more than its capacity */
    Shares(List<PlanMember> members, int[] atLeast, int partitions) {
        int count = members.size();
        boolean[] held = new boolean[count];
        floors = new long[count];
        remainders = new long[count];
        long rest = partitions;
        int free = count;
        while (free > 0) {
            long toShare = rest
                    - IntStream.range(0, count)
                            .filter(i -> held[i])
                            .mapToLong(i -> floors[i])
                            .sum();
            long weights = IntStream.range(0, count)
                    .filter(i -> !held[i])
                    .mapToLong(i -> members.get(i).weight())
                    .sum();
            long violation = 0;
            for (int i = 0; i < count; i++) {
                if (!held[i]) {
                    violation += tooMany(members, i, toShare, weights) - tooFew(members, atLeast, i, toShare, weights);
                }
            }
            int before = free;
            for (int i = 0; i < count; i++) {
                if (held[i]) {
                    continue;
                }
                boolean over = violation >= 0 && tooMany(members, i, toShare, weights) > 0;
                boolean under = violation <= 0 && tooFew(members, atLeast, i, toShare, weights) > 0;
                if (over || under) {
                    held[i] = true;
                    floors[i] = over ? members.get(i).capacity() : atLeast[i];
                    free--;
                }
            }
            if (free == before) {
                for (int i = 0; i < count; i++) {
                    if (!held[i]) {
                        floors[i] = members.get(i).weight() * toShare / weights;
                        remainders[i] = members.get(i).weight() * toShare % weights;
                    }
                }
                break;
            }
        }
        boolean shared = free > 0;
        left = shared ? rest - Arrays.stream(floors).sum() : 0;
    }

    /** By how much, times the weights, a member's part is above its capacity. */
    private static long tooMany(List<PlanMember> members, int i, long toShare, long weights) {
        PlanMember member = members.get(i);
        return Math.max(0, member.weight() * toShare - (long) member.capacity() * weights);
    }

    private static long tooFew(List<PlanMember> members, int[] atLeast, int i, long toShare, long weights) {
        return Math.max(0, atLeast[i] * weights - members.get(i).weight() * toShare);
    }

    /**
     * How many each member gets.
     *
     * @param owned how many each has that could stay: if that is in balance they get those
     * @param atHome how many each would have if those went home whose owners had left and are there again: of the members that could get one more, first those get it that have it so, then those
     *     that have it now
     */
    int[] targets(int[] owned, int[] atHome) {
        if (areBalanced(owned)) {
            return owned.clone();
        }
        int[] targets = Arrays.stream(floors).mapToInt(Math::toIntExact).toArray();
        IntStream.range(0, targets.length)
                .filter(i -> remainders[i] > 0)
                .boxed()
                .sorted(Comparator.<Integer, Boolean>comparing(i -> atHome[i] <= floors[i])
                        .thenComparing(i -> owned[i] <= floors[i])
                        .thenComparing(i -> -remainders[i])
                        .thenComparing(i -> i))
                .limit(left)
                .forEach(i -> targets[i]++);
        return targets;
    }

    private boolean areBalanced(int[] owned) {
        return Arrays.stream(owned).sum() == Arrays.stream(floors).sum() + left
                && IntStream.range(0, owned.length)
                        .allMatch(i -> owned[i] == floors[i] || (owned[i] == floors[i] + 1 && remainders[i] > 0));
    }
}

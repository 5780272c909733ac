package io.mandate.election.internal.plan;

import io.mandate.election.internal.plan.PlanProperties.Planning;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Each member of a roster leaves and comes back, one after another in any order: so are programs updated. */
final class Restarts {
    private final int[] moves;

    Restarts(Planning planning, Plan first, Members roster, SplittableRandom random) {
        moves = new int[first.partitions()];
        Plan now = first;
        for (int i : Rosters.shuffled(random, roster.members().size())) {
            String name = roster.members().get(i).name();
            for (Members there : List.of(Rosters.without(roster, name), roster)) {
                Plan next = planning.next(now, there);
                for (int partition = 0; partition < moves.length; partition++) {
                    moves[partition] += now.owner(partition).equals(next.owner(partition)) ? 0 : 1;
                }
                now = next;
            }
        }
    }

    /** How often the partition moved that moved most. */
    int mostMoves() {
        return Arrays.stream(moves).max().orElseThrow();
    }
}

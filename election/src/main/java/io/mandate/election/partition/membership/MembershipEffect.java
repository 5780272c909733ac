package io.mandate.election.partition.membership;

import io.mandate.election.partition.plan.Plan;
import io.mandate.election.time.Moment;
import java.util.List;

/** What is to be done for a membership, in this order. */
public sealed interface MembershipEffect {
    /** Read the plan, and after that members and settings. */
    record Look(long attempt) implements MembershipEffect {}

    /** Replace the plan if it still has this version. */
    record WritePlan(long attempt, long expectedVersion, Plan plan) implements MembershipEffect {}

    /** Campaign for these partitions. */
    record Campaign(List<Integer> partitions) implements MembershipEffect {
        public Campaign {
            partitions = List.copyOf(partitions);
        }
    }

    /** Ask the work of these partitions to finish, and leave their elections when it has. */
    record Resign(List<Integer> partitions) implements MembershipEffect {
        public Resign {
            partitions = List.copyOf(partitions);
        }
    }

    /** These partitions, and no others, would come here if their owners died. */
    record StandBy(List<Integer> partitions) implements MembershipEffect {
        public StandBy {
            partitions = List.copyOf(partitions);
        }
    }

    /** Tell the others that this member takes nothing more. */
    record AnnounceLeaving() implements MembershipEffect {}

    /** The member has nothing any more: give the name back. */
    record Deregister() implements MembershipEffect {}

    /** Tell {@link MembershipEvent.Tick} at this moment, and forget the one asked for before. */
    record WakeAt(Moment when) implements MembershipEffect {}
}

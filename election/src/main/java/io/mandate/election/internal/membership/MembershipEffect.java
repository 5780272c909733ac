package io.mandate.election.internal.membership;

import io.mandate.election.internal.plan.Plan;
import io.mandate.election.internal.time.Moment;
import java.util.List;

/** What is to be done for a membership, in this order. */
public sealed interface MembershipEffect {
    /** Calls the handler's method of this effect. */
    void accept(Handler handler);

    /** One method for each effect, so that a new one does not compile until it is handled. */
    interface Handler {
        void look(Look effect);

        void writePlan(WritePlan effect);

        void campaign(Campaign effect);

        void resign(Resign effect);

        void standBy(StandBy effect);

        void announceLeaving(AnnounceLeaving effect);

        void deregister(Deregister effect);

        void wakeAt(WakeAt effect);
    }

    /** Read the plan, and after that members and settings. */
    record Look(long attempt) implements MembershipEffect {
        @Override
        public void accept(Handler handler) {
            handler.look(this);
        }
    }

    /** Replace the plan if it still has this version. */
    record WritePlan(long attempt, long expectedVersion, Plan plan) implements MembershipEffect {
        @Override
        public void accept(Handler handler) {
            handler.writePlan(this);
        }
    }

    /** Campaign for these partitions. */
    record Campaign(List<Integer> partitions) implements MembershipEffect {
        public Campaign {
            partitions = List.copyOf(partitions);
        }

        @Override
        public void accept(Handler handler) {
            handler.campaign(this);
        }
    }

    /** Ask the work of these partitions to finish, and leave their elections when it has. */
    record Resign(List<Integer> partitions) implements MembershipEffect {
        public Resign {
            partitions = List.copyOf(partitions);
        }

        @Override
        public void accept(Handler handler) {
            handler.resign(this);
        }
    }

    /** These partitions, and no others, would come here if their owners died. */
    record StandBy(List<Integer> partitions) implements MembershipEffect {
        public StandBy {
            partitions = List.copyOf(partitions);
        }

        @Override
        public void accept(Handler handler) {
            handler.standBy(this);
        }
    }

    /** Tell the others that this member takes nothing more. */
    record AnnounceLeaving() implements MembershipEffect {
        @Override
        public void accept(Handler handler) {
            handler.announceLeaving(this);
        }
    }

    /** The member has nothing any more: give the name back. */
    record Deregister() implements MembershipEffect {
        @Override
        public void accept(Handler handler) {
            handler.deregister(this);
        }
    }

    /** Tell {@link MembershipEvent.Tick} at this moment, and forget the one asked for before. */
    record WakeAt(Moment when) implements MembershipEffect {
        @Override
        public void accept(Handler handler) {
            handler.wakeAt(this);
        }
    }
}

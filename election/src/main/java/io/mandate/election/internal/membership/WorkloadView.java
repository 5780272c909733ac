package io.mandate.election.internal.membership;

import io.mandate.election.internal.plan.Members;
import io.mandate.election.internal.plan.Plan;
import java.util.List;

/**
 * A workload as it was found. The plan was read first: so whoever replaces exactly this plan has seen the members as
 * they were after it was made, and not before.
 *
 * @param planVersion of the plan's key; 0 if there is none yet
 * @param plan who should own what
 * @param roster the members that there are, and the pins
 * @param seniority the members' names, those that came first first
 * @param paused whether nothing is to be moved but what nobody owns
 */
public record WorkloadView(long planVersion, Plan plan, Members roster, List<String> seniority, boolean paused) {
    public WorkloadView {
        seniority = List.copyOf(seniority);
    }

    /** Whether the plan is the one for these members. */
    boolean isSettled() {
        return paused ? plan.repaired(roster).equals(plan) : plan.isFor(roster);
    }

    /** The plan for these members. */
    Plan nextPlan() {
        return paused ? plan.repaired(roster) : plan.next(roster);
    }
}

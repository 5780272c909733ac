package io.mandate.election.partition.membership;

/** What happened to a membership. */
public sealed interface MembershipEvent {
    /** The member's name is this process', and the others see it. */
    record Registered() implements MembershipEvent {}

    /** It is not any more, or not yet again. */
    record Unregistered() implements MembershipEvent {}

    /** Members, plan or settings may have changed. */
    record Changed() implements MembershipEvent {}

    /**
     * What was found.
     *
     * @param attempt of the {@link MembershipEffect.Look} that this answers
     */
    record Looked(long attempt, WorkloadView view) implements MembershipEvent {}

    /**
     * The plan was written, or somebody else was faster.
     *
     * @param attempt of the {@link MembershipEffect.WritePlan} that this answers
     */
    record PlanAnswered(long attempt) implements MembershipEvent {}

    /**
     * A request failed, and nobody knows whether it took effect.
     *
     * @param attempt of the {@link MembershipEffect.Look} or {@link MembershipEffect.WritePlan}
     */
    record Failed(long attempt) implements MembershipEvent {}

    /**
     * Nothing of this partition runs here, and no key of it is in the store.
     *
     * @param early whether its work returned, or failed, though nobody asked it to
     */
    record Left(int partition, boolean early) implements MembershipEvent {}

    /** The member is to give everything away and to end. */
    record Leave() implements MembershipEvent {}

    /**
     * Time has passed. To be told at the moment of the last {@link MembershipEffect.WakeAt}, and harmless at any other.
     */
    record Tick() implements MembershipEvent {}
}

package io.mandate.verify.simulation;

/** A mistake that the simulation makes on purpose, to show that it notices. */
public enum Mistake {
    /** None. */
    NONE,
    /** A holder counts its deadline from when the answer to its renewal came. */
    DEADLINE_FROM_THE_ANSWER,
    /** The store numbers a later term like an earlier one. */
    TOKENS_USED_AGAIN,
    /** A candidate that is asked to resign releases the election before its work has returned. */
    RELEASED_BEFORE_DRAINED,
    /** Callbacks run on the loop, where they hold up renewals. */
    CALLBACKS_ON_THE_LOOP
}

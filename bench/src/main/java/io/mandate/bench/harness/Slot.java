package io.mandate.bench.harness;

/**
 * One of the outstanding operations of a {@link ClosedLoop}: issues the next operation only after the one before has
 * ended.
 */
public interface Slot {

    /** Sends one operation without waiting. Exactly one method of {@code outcome} is called for it, by any thread. */
    void issue(Outcome outcome);

    /** How an operation ended. */
    interface Outcome {
        void succeeded();

        void failed(String reason);
    }
}

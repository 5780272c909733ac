package io.mandate.bench.harness;

import java.util.List;
import java.util.Optional;

/** Preparation by slots: a number of operations, all of which must succeed. */
public final class Once {
    private static final long SECONDS_MAX = 120;

    private Once() {}

    /** One operation of each. */
    public static void each(List<Slot> slots) {
        inAll(slots, slots.size());
    }

    /**
     * So many operations, by whichever slot is free.
     *
     * @throws IllegalStateException if one fails or the time is over
     */
    public static void inAll(List<Slot> slots, long operations) {
        ClosedLoop loop = new ClosedLoop(slots, operations);
        loop.start();
        try {
            Optional<String> failure = loop.awaitEnd(SECONDS_MAX);
            if (failure.isPresent()) {
                throw new IllegalStateException("preparation: " + failure.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during preparation", e);
        }
    }
}

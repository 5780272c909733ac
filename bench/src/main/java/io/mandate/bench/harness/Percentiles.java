package io.mandate.bench.harness;

import java.util.Arrays;

/** Exact percentiles of a few thousand signed values at most; the loops with millions of operations use a histogram. */
public final class Percentiles {
    private final long[] sorted;

    /** @throws IllegalArgumentException if there are no values */
    public Percentiles(long[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        sorted = values.clone();
        Arrays.sort(sorted);
    }

    /**
     * Nearest rank: the smallest value such that {@code percent} of all are not above it; {@code percent} in (0, 100].
     */
    public long at(double percent) {
        if (!(percent > 0 && percent <= 100)) {
            throw new IllegalArgumentException("percent: " + percent);
        }
        int rank = (int) Math.ceil(percent / 100 * sorted.length);
        return sorted[Math.max(rank, 1) - 1];
    }
}

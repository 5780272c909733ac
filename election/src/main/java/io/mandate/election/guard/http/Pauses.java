package io.mandate.election.guard.http;

import java.util.random.RandomGenerator;

/**
 * Random pauses that grow, so that writers which collided do not collide again, and a server in trouble is left alone.
 */
final class Pauses {
    private static final long CONFLICT_NANOS = 2_000_000;
    private static final long CONFLICT_NANOS_MAX = 100_000_000;

    /**
     * The first is short, because the longer a writer waits in doubt, the more others write meanwhile; eight of them
     * are more than two seconds on average.
     */
    private static final long LOSS_NANOS = 4_000_000;

    private static final long LOSS_NANOS_MAX = 1_000_000_000;

    private Pauses() {}

    static long afterConflict(int conflicts, RandomGenerator random) {
        return pause(CONFLICT_NANOS, CONFLICT_NANOS_MAX, conflicts, random);
    }

    static long afterLoss(int losses, RandomGenerator random) {
        return pause(LOSS_NANOS, LOSS_NANOS_MAX, 2 * losses - 1, random);
    }

    private static long pause(long firstNanos, long nanosMax, int times, RandomGenerator random) {
        return random.nextLong(Math.min(nanosMax, firstNanos << Math.min(times - 1, 16)) + 1);
    }
}

package io.mandate.testkit;

/**
 * What goes wrong between a {@link SimulatedStore} and its clients, and how often. All of it is allowed by the contract
 * of {@link io.mandate.election.store.LeaseStore}.
 *
 * @param latency how long requests and answers take
 * @param loss which of them are lost
 * @param lateness which take effect when nobody expects it any more
 * @param watchCallsLost the fraction of calls of a watch that are never made
 * @param timeoutNanos after which a client gives a request up; half of the failures come sooner
 * @param expiryNanosMax how much later than promised a lease may end
 */
public record StoreFaults(
        Latency latency, Loss loss, Lateness lateness, double watchCallsLost, long timeoutNanos, long expiryNanosMax) {
    private static final long MILLI = 1_000_000;

    /** A good network: a millisecond each way, nothing lost. */
    public static final StoreFaults NONE =
            new StoreFaults(new Latency(MILLI, 0, 0), new Loss(0, 0), new Lateness(0, 0, 0), 0, 1_000 * MILLI, 0);

    /** A bad one: of a hundred requests about ten meet with something. */
    public static final StoreFaults SOME = new StoreFaults(
            new Latency(5 * MILLI, 0.05, 500 * MILLI),
            new Loss(0.03, 0.03),
            new Lateness(0.01, 0.3, 10_000 * MILLI),
            0.05,
            1_000 * MILLI,
            300 * MILLI);

    public StoreFaults {
        requireFraction("watchCallsLost", watchCallsLost);
        requireNotNegative("expiryNanosMax", expiryNanosMax);
        if (timeoutNanos < 1) {
            throw new IllegalArgumentException(
                    "a timeoutNanos of " + timeoutNanos + " is below 1: a client that does not wait gets no answer");
        }
    }

    /**
     * How long requests and answers take.
     *
     * @param nanosMax of a request and of an answer, each, as a rule
     * @param slow the fraction of requests, and of answers, that take longer
     * @param slowNanosMax how much longer
     */
    public record Latency(long nanosMax, double slow, long slowNanosMax) {
        public Latency {
            requireNotNegative("nanosMax", nanosMax);
            requireFraction("slow", slow);
            requireNotNegative("slowNanosMax", slowNanosMax);
        }
    }

    /**
     * What is lost.
     *
     * @param requests the fraction of requests that never reach the store
     * @param answers the fraction of requests that take effect and whose caller does not learn of it
     */
    public record Loss(double requests, double answers) {
        public Loss {
            requireFraction("requests", requests);
            requireFraction("answers", answers);
        }
    }

    /**
     * What takes effect when nobody expects it any more.
     *
     * @param requests the fraction of requests that reach the store late, mostly when their caller has given up
     * @param twice the fraction, of those whose caller learns nothing, that take effect once more, late
     * @param nanosMax how late
     */
    public record Lateness(double requests, double twice, long nanosMax) {
        public Lateness {
            requireFraction("requests", requests);
            requireFraction("twice", twice);
            requireNotNegative("nanosMax", nanosMax);
        }
    }

    private static void requireNotNegative(String name, long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("a " + name + " of " + nanos + " is below 0");
        }
    }

    private static void requireFraction(String name, double fraction) {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException(
                    "a " + name + " of " + fraction + " is no fraction: give something from 0 to 1");
        }
    }

    /** With requests and answers that take up to so long. */
    public StoreFaults withLatency(long nanosMax) {
        return with(new Latency(nanosMax, latency.slow(), latency.slowNanosMax()));
    }

    /** With a part of the requests, and of the answers, that take up to so much longer. */
    public StoreFaults withSlow(double fraction, long nanosMax) {
        return with(new Latency(latency.nanosMax(), fraction, nanosMax));
    }

    private StoreFaults with(Latency other) {
        return new StoreFaults(other, loss, lateness, watchCallsLost, timeoutNanos, expiryNanosMax);
    }

    /** With a part of the requests, and of the answers, lost. */
    public StoreFaults withLost(double requests, double answers) {
        return new StoreFaults(
                latency, new Loss(requests, answers), lateness, watchCallsLost, timeoutNanos, expiryNanosMax);
    }

    /**
     * With a part of the requests that come late, and, of those whose caller learns nothing, a part that comes once
     * more.
     */
    public StoreFaults withLate(double late, double twice, long nanosMax) {
        return new StoreFaults(
                latency, loss, new Lateness(late, twice, nanosMax), watchCallsLost, timeoutNanos, expiryNanosMax);
    }

    /** With a part of the calls of watches lost. */
    public StoreFaults withWatchCallsLost(double fraction) {
        return new StoreFaults(latency, loss, lateness, fraction, timeoutNanos, expiryNanosMax);
    }

    /** With clients that give up after so long. */
    public StoreFaults withTimeout(long nanos) {
        return new StoreFaults(latency, loss, lateness, watchCallsLost, nanos, expiryNanosMax);
    }

    /** With leases that end up to so much later than promised. */
    public StoreFaults withExpiryLate(long nanosMax) {
        return new StoreFaults(latency, loss, lateness, watchCallsLost, timeoutNanos, nanosMax);
    }
}

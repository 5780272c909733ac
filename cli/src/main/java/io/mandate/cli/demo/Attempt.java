package io.mandate.cli.demo;

import java.time.Duration;

/**
 * One try at a scene. On a machine that is too busy to renew terms in time it is tried again with a longer time to
 * live.
 */
record Attempt(int number, Duration ttl) {
    /** A scene, which may be tried more than once. */
    @FunctionalInterface
    interface Scene {
        /**
         * Plays it, with names and a time to live of this attempt.
         *
         * @throws TermLostException if it should be tried again
         */
        void play(Attempt attempt) throws Exception;
    }

    /** What is done before a scene is tried again. */
    @FunctionalInterface
    interface Again {
        void prepare(TermLostException lost, Attempt next) throws Exception;
    }

    /** Short, so that nobody waits for long until it is over. */
    private static final Duration TTL_FIRST = Duration.ofSeconds(1);

    /** Processes start anew for each attempt, which takes longest on the machines where attempts fail. */
    private static final int TTL_FACTOR = 4;

    /** Each time the store itself changes its leader, leases last a whole time to live again. */
    private static final Duration TTL_MAX = Duration.ofSeconds(16);

    /** Plays a scene until no term is lost in it. */
    static void until(Scene scene, Again again) throws Exception {
        Attempt attempt = new Attempt(1, TTL_FIRST);
        while (true) {
            try {
                scene.play(attempt);
                return;
            } catch (TermLostException lost) {
                Duration longer = attempt.ttl.multipliedBy(TTL_FACTOR);
                attempt = new Attempt(attempt.number + 1, longer.compareTo(TTL_MAX) < 0 ? longer : TTL_MAX);
                again.prepare(lost, attempt);
            }
        }
    }

    /** A name that no other attempt uses. */
    String named(String name) {
        return number == 1 ? name : name + "-" + number;
    }
}

package io.mandate.verify.differential;

import java.util.List;

/**
 * One run's parameters.
 *
 * @param seed of all random choices
 * @param requests how many to play; never fewer than the scripted scenarios have
 * @param differencesMax the run ends after as many: one that changes the store makes many more
 * @param deliberate differences that are wanted
 * @param replayCommand what to type to see the same again
 */
record RunOptions(
        long seed, int requests, int differencesMax, List<DeliberateDifference> deliberate, String replayCommand) {
    /** Enough to see whether differences have one cause. */
    static final int DIFFERENCES_MAX = 10;

    RunOptions {
        deliberate = List.copyOf(deliberate);
        if (requests < 0 || differencesMax < 1) {
            throw new IllegalArgumentException("requests " + requests + ", differencesMax " + differencesMax);
        }
    }

    static RunOptions of(long seed, int requests, String replayCommand) {
        return new RunOptions(seed, requests, DIFFERENCES_MAX, DeliberateDifference.ALL, replayCommand);
    }
}

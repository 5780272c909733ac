package io.mandate.election.internal.driver;

import io.mandate.election.internal.candidacy.CandidacyOptions;
import io.mandate.election.internal.history.TermHistory;
import io.mandate.election.internal.queue.Names;
import java.time.Duration;

/** One candidate's part in one election, checked. */
public record ElectionOptions(
        String name,
        String candidate,
        int priority,
        Duration drainTimeout,
        boolean releasesWhenDrainTimesOut,
        int historyLength,
        boolean leavesAtShutdown) {
    static final int NAME_BYTES_MAX = Names.ELECTION_BYTES_MAX;
    static final int CANDIDATE_BYTES_MAX = 128;
    static final int HISTORY_LENGTH_MAX = TermHistory.LENGTH_MAX;
    public static final int HISTORY_LENGTH_DEFAULT = 50;
    public static final Duration DRAIN_TIMEOUT_DEFAULT = Duration.ofSeconds(30);
    private static final Duration DRAIN_TIMEOUT_MAX = Duration.ofDays(1);

    public ElectionOptions {
        Names.requireElection(name);
        Names.requireText("name of a candidate", candidate, CANDIDATE_BYTES_MAX);
        if (priority < 0 || priority > CandidacyOptions.PRIORITY_MAX) {
            throw new IllegalArgumentException("a priority of " + priority + " is not between 0 and "
                    + CandidacyOptions.PRIORITY_MAX + ": 0 is the usual, a higher one is preferred");
        }
        if (drainTimeout.isNegative() || drainTimeout.compareTo(DRAIN_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("a drain timeout of " + drainTimeout + " is not between 0 and "
                    + DRAIN_TIMEOUT_MAX + ": say how long work may take to finish when it is asked to");
        }
        if (historyLength < 0 || historyLength > HISTORY_LENGTH_MAX) {
            throw new IllegalArgumentException("a history of " + historyLength + " terms is not between 0 and "
                    + HISTORY_LENGTH_MAX + ": the store keeps it in one value");
        }
    }

    ElectionOptions withoutHistory() {
        return new ElectionOptions(
                name, candidate, priority, drainTimeout, releasesWhenDrainTimesOut, 0, leavesAtShutdown);
    }
}

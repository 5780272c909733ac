package io.mandate.election.internal.candidacy;

import io.mandate.election.internal.queue.CandidateKeys;

/**
 * The settings of a candidacy.
 *
 * @param election the election's name; its keys begin with it and a slash
 * @param candidacyId distinguishes the candidates of one process and lease; never used again in this process
 * @param priority 0 to {@value #PRIORITY_MAX}: a leader hands over to a waiting candidate with a higher one
 * @param pollNanos how often to look without a notification: the longest delay after a lost one
 * @param answerNanosMax after which a request without an answer is sent again
 */
public record CandidacyOptions(String election, long candidacyId, int priority, long pollNanos, long answerNanosMax) {
    /** More than any deployment distinguishes. */
    public static final int PRIORITY_MAX = 100;

    /**
     * The key of one entry: lease, candidate, entry, and the priority unless it is 0. Candidates of other programs have
     * keys of other forms, such as the lease alone, and priority 0.
     */
    String key(long leaseId, long entry) {
        return own(leaseId) + Long.toHexString(entry) + (priority == 0 ? "" : "-p" + priority);
    }

    /** What all keys of this candidate on this lease begin with. */
    String own(long leaseId) {
        return CandidateKeys.prefix(election) + Long.toHexString(leaseId) + "-" + Long.toHexString(candidacyId) + "-";
    }

    /** The priority that a key contains. */
    static int priorityOf(String key) {
        int at = key.lastIndexOf("-p");
        if (at < 0 || at < key.lastIndexOf('/')) {
            return 0;
        }
        String digits = key.substring(at + 2);
        return digits.matches("\\d{1,3}") ? Math.min(PRIORITY_MAX, Integer.parseInt(digits)) : 0;
    }
}

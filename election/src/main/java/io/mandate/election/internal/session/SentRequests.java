package io.mandate.election.internal.session;

import io.mandate.election.internal.time.Moment;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * When the latest requests without an answer were sent, by attempt. Immutable.
 *
 * @param sentByAttempt at most {@value #REMEMBERED_MAX}
 */
record SentRequests(Map<Long, Moment> sentByAttempt) {
    static final SentRequests NONE = new SentRequests(Map.of());

    /** More do not fit into one time to live. */
    private static final int REMEMBERED_MAX = 8;

    SentRequests {
        sentByAttempt = Map.copyOf(sentByAttempt);
    }

    Optional<Moment> sent(long attempt) {
        return Optional.ofNullable(sentByAttempt.get(attempt));
    }

    SentRequests with(long attempt, Moment sent) {
        Map<Long, Moment> next = new TreeMap<>(sentByAttempt);
        next.put(attempt, sent);
        next.remove(attempt - REMEMBERED_MAX);
        return new SentRequests(next);
    }

    SentRequests without(long attempt) {
        Map<Long, Moment> next = new TreeMap<>(sentByAttempt);
        next.remove(attempt);
        return new SentRequests(next);
    }

    /** Without this attempt and those before, whose answers say less. */
    SentRequests after(long attempt) {
        return new SentRequests(new TreeMap<>(sentByAttempt).tailMap(attempt, false));
    }
}

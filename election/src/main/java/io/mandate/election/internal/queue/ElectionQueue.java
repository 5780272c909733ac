package io.mandate.election.internal.queue;

import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Reads the candidates of elections from a store, those created first first. Each read is linearizable. Thread-safe.
 */
public final class ElectionQueue {
    /**
     * Nearly always the first key is a candidate's; where it is not, reading ever longer lists takes two more requests
     * at most.
     */
    private static final int LIMIT_GROWTH = 100;

    private ElectionQueue() {}

    /**
     * The entry of the candidate that leads; empty if there is no candidate. Fails with a {@link StoreException} if
     * none is among the first {@value LeaseStore#LIST_MAX} keys that begin with the election's name and a slash, and
     * there may be more.
     */
    public static CompletionStage<Optional<Entry>> first(LeaseStore store, String election) {
        return first(store, election, 1);
    }

    private static CompletionStage<Optional<Entry>> first(LeaseStore store, String election, int limit) {
        return store.list(CandidateKeys.prefix(election), limit)
                .thenCompose(entries -> firstAmong(store, election, entries, limit));
    }

    private static CompletionStage<Optional<Entry>> firstAmong(
            LeaseStore store, String election, List<Entry> entries, int limit) {
        Optional<Entry> first = CandidateKeys.among(election, entries).stream().findFirst();
        if (first.isPresent() || entries.size() < limit) {
            return CompletableFuture.completedStage(first);
        }
        return limit < LeaseStore.LIST_MAX
                ? first(store, election, Math.min(LeaseStore.LIST_MAX, limit * LIMIT_GROWTH))
                : CompletableFuture.failedStage(crowded(election));
    }

    /**
     * As {@link #first}, for several elections: in one request, unless keys of others come first.
     *
     * @param elections at most {@value LeaseStore#BATCH_MAX}
     * @return in their order
     */
    public static CompletionStage<List<Optional<Entry>>> firstOfEach(LeaseStore store, List<String> elections) {
        return store.listAll(elections.stream().map(CandidateKeys::prefix).toList(), 1)
                .thenCompose(found -> {
                    CompletionStage<List<Optional<Entry>>> all = CompletableFuture.completedStage(new ArrayList<>());
                    for (int i = 0; i < elections.size(); i++) {
                        all = all.thenCombine(
                                firstAmong(store, elections.get(i), found.get(i), 1), ElectionQueue::appended);
                    }
                    return all;
                });
    }

    private static List<Optional<Entry>> appended(List<Optional<Entry>> before, Optional<Entry> next) {
        before.add(next);
        return before;
    }

    /**
     * All candidates, as far as they are among the first {@value LeaseStore#LIST_MAX} keys that begin with the
     * election's name and a slash. Fails as {@link #first} does if none is.
     */
    public static CompletionStage<List<Entry>> all(LeaseStore store, String election) {
        return store.list(CandidateKeys.prefix(election), LeaseStore.LIST_MAX).thenCompose(entries -> {
            List<Entry> candidates = CandidateKeys.among(election, entries);
            return candidates.isEmpty() && entries.size() >= LeaseStore.LIST_MAX
                    ? CompletableFuture.failedStage(crowded(election))
                    : CompletableFuture.completedStage(candidates);
        });
    }

    private static StoreException crowded(String election) {
        return new StoreException("the first " + LeaseStore.LIST_MAX + " keys below '" + CandidateKeys.prefix(election)
                + "' are no candidates of election " + election
                + ", and more cannot be listed: hold it under a name that no other keys begin with");
    }
}

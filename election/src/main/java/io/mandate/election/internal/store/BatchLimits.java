package io.mandate.election.internal.store;

import io.mandate.election.store.LeaseStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** What batches of stores have in common. */
public final class BatchLimits {
    private BatchLimits() {}

    /**
     * Refuses a batch that is too long.
     *
     * @throws IllegalArgumentException naming the bound
     */
    public static void requireSize(int items) {
        if (items > LeaseStore.BATCH_MAX) {
            throw new IllegalArgumentException("a batch of " + items + " items has more than " + LeaseStore.BATCH_MAX
                    + ": ask for the rest in another one");
        }
    }

    /**
     * Refuses a batch that is too long, or has two keys of one directory.
     *
     * @throws IllegalArgumentException naming the bound or the directory
     */
    public static void requireWrites(List<String> keys) {
        requireSize(keys.size());
        Set<String> directories = new HashSet<>();
        for (String key : keys) {
            if (!directories.add(directory(key))) {
                throw new IllegalArgumentException("2 keys of a batch begin with '" + directory(key)
                        + "': they might be created at 1 version; write the second in another batch");
            }
        }
    }

    /** A key up to its last slash, that included. */
    static String directory(String key) {
        return key.substring(0, key.lastIndexOf('/') + 1);
    }

    /** Asks for one after another without waiting, and answers when all have been. */
    public static <Q, A> CompletionStage<List<A>> oneByOne(List<Q> requests, Function<Q, CompletionStage<A>> ask) {
        CompletionStage<List<A>> all = CompletableFuture.completedStage(new ArrayList<>());
        for (Q request : requests) {
            all = all.thenCombine(ask.apply(request), (before, answer) -> {
                before.add(answer);
                return before;
            });
        }
        return all;
    }
}

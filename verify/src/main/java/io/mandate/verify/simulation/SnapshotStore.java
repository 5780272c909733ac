package io.mandate.verify.simulation;

import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.ForwardingStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What was in a store at some moment, to be read like the store: so that what the library would have found then is
 * found by the library.
 */
final class SnapshotStore extends ForwardingStore {
    private final List<Entry> entries;

    /** @param guaranteed whose guarantees this has; nothing else of it is used */
    SnapshotStore(LeaseStore guaranteed, List<Entry> entries) {
        super(guaranteed);
        this.entries = List.copyOf(entries);
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return CompletableFuture.completedStage(
                entries.stream().filter(entry -> entry.key().equals(key)).findFirst());
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        List<Entry> found = entries.stream()
                .filter(entry -> entry.key().startsWith(prefix))
                .limit(limit)
                .toList();
        return CompletableFuture.completedStage(new ArrayList<>(found));
    }
}

package io.mandate.election.internal.store;

import io.mandate.election.store.CasStore;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A {@link CasStore} behind which nothing else can happen than what that says, as {@link CheckedStore} for stores.
 * Thread-safe.
 */
public final class CheckedCasStore implements CasStore {
    private final CasStore adapter;
    private final String name;

    public CheckedCasStore(CasStore adapter) {
        this.adapter = adapter;
        this.name = adapter.name();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public CompletionStage<Optional<VersionedRecord>> read(String record) {
        return AdapterCall.ask(adapter, "read", () -> adapter.read(record), Objects::nonNull);
    }

    @Override
    public CompletionStage<Optional<Long>> compareAndSet(String record, long expectedVersion, String content) {
        return AdapterCall.ask(
                adapter,
                "compareAndSet",
                () -> adapter.compareAndSet(record, expectedVersion, content),
                Objects::nonNull);
    }

    @Override
    public void close() {
        adapter.close();
    }
}

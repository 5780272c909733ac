package io.mandate.testkit;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.Watch;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Hands everything on, until it is told to misbehave: then nothing is done, and each call ends in one and the same way.
 */
final class UnrulyStore extends ForwardingStore {
    enum Manner {
        OBEYS,
        FAILS_THE_STAGE,
        THROWS_A_STORE_EXCEPTION,
        THROWS_ANYTHING,
        THROWS_AN_ERROR,
        RETURNS_NO_STAGE,
        ANSWERS_NULL
    }

    private volatile Manner manner = Manner.OBEYS;

    UnrulyStore(LeaseStore inner) {
        super(inner);
    }

    void misbehave(Manner next) {
        manner = next;
    }

    @SuppressWarnings("NullAway") // The mistake is on purpose.
    private <A> CompletionStage<A> ask(Supplier<CompletionStage<A>> request) {
        return switch (manner) {
            case OBEYS -> request.get();
            case FAILS_THE_STAGE -> CompletableFuture.failedStage(new StoreException("the store is unruly"));
            case RETURNS_NO_STAGE -> null;
            case ANSWERS_NULL -> CompletableFuture.completedStage(null);
            default -> throw thrown();
        };
    }

    private RuntimeException thrown() {
        if (manner == Manner.THROWS_AN_ERROR) {
            throw new NoClassDefFoundError("com/acme/Driver");
        }
        return manner == Manner.THROWS_A_STORE_EXCEPTION
                ? new StoreException("the store is unruly")
                : new UnsupportedOperationException("the store is unruly");
    }

    @SuppressWarnings("NullAway") // As above.
    private Watch watching(Supplier<Watch> begin) {
        return switch (manner) {
            case OBEYS -> misbehaving(begin.get());
            case FAILS_THE_STAGE -> Watch.NONE;
            case RETURNS_NO_STAGE, ANSWERS_NULL -> null;
            default -> throw thrown();
        };
    }

    private Watch misbehaving(Watch watch) {
        return () -> {
            watch.close();
            if (manner != Manner.OBEYS && manner != Manner.FAILS_THE_STAGE) {
                throw thrown();
            }
        };
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return ask(() -> inner.read(key));
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        return ask(() -> inner.list(prefix, limit));
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        return ask(() -> inner.compareAndSet(key, expectedVersion, value, leaseId));
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        return ask(() -> inner.delete(key, creation));
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return ask(() -> inner.grant(ttlMillis));
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return ask(() -> inner.renew(leaseId));
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return ask(() -> inner.revoke(leaseId));
    }

    @Override
    public CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
        return ask(() -> inner.readAll(keys));
    }

    @Override
    public CompletionStage<List<List<Entry>>> listAll(List<String> prefixes, int limit) {
        return ask(() -> inner.listAll(prefixes, limit));
    }

    @Override
    public CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
        return ask(() -> inner.compareAndSetAll(changes, leaseId));
    }

    @Override
    public CompletionStage<List<Boolean>> deleteAll(List<ConditionalDelete> removals) {
        return ask(() -> inner.deleteAll(removals));
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        return watching(() -> inner.watch(prefix, changed));
    }

    @Override
    public Watch watchKeys(String prefix, Consumer<Optional<String>> changed) {
        return watching(() -> inner.watchKeys(prefix, changed));
    }
}

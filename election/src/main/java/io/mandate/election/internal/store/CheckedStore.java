package io.mandate.election.internal.store;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store behind which nothing else can happen than what {@link LeaseStore} says: put around every store where it
 * enters the library, so that nobody within has to expect an adapter's mistakes.
 *
 * <p>No operation throws. What an adapter throws fails the stage, as if it had returned a failed one. A missing stage,
 * and one that completes with null, or with a batch of another length than was asked for, fail with an
 * {@link IllegalStateException} that names the adapter's class and method. A watch that cannot be had, or not be
 * closed, costs speed and nothing else: it is logged. What the store guarantees is asked once. Thread-safe.
 */
public final class CheckedStore implements LeaseStore {
    private static final Logger LOG = LoggerFactory.getLogger(CheckedStore.class);

    private final LeaseStore adapter;
    private final StoreGuarantees guarantees;

    private CheckedStore(LeaseStore adapter) {
        this.adapter = adapter;
        StoreGuarantees promised = adapter.guarantees();
        if (promised == null) {
            throw AdapterCall.fault(adapter, "guarantees", "returned null", null);
        }
        this.guarantees = promised;
    }

    /**
     * A store that is checked; the same if it is already.
     *
     * @throws IllegalStateException if the store does not say what it guarantees
     */
    public static CheckedStore of(LeaseStore store) {
        return store instanceof CheckedStore checked ? checked : new CheckedStore(store);
    }

    /** The store as it was handed in, by which stores are compared. */
    public static LeaseStore handedIn(LeaseStore store) {
        return store instanceof CheckedStore checked ? checked.adapter : store;
    }

    private <A> CompletionStage<A> ask(String method, Supplier<@Nullable CompletionStage<A>> call) {
        return AdapterCall.ask(adapter, method, call, Objects::nonNull);
    }

    private <A> CompletionStage<List<A>> askAll(
            String method, int items, Supplier<@Nullable CompletionStage<List<A>>> call) {
        return AdapterCall.ask(adapter, method, call, answers -> isComplete(answers) && answers.size() == items);
    }

    private static boolean isComplete(@Nullable List<?> answers) {
        if (answers == null) {
            return false;
        }
        for (Object answer : answers) {
            if (answer == null) {
                return false;
            }
        }
        return true;
    }

    @Override
    public StoreGuarantees guarantees() {
        return guarantees;
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return ask("read", () -> adapter.read(key));
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        return AdapterCall.ask(adapter, "list", () -> adapter.list(prefix, limit), CheckedStore::isComplete);
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        return ask("compareAndSet", () -> adapter.compareAndSet(key, expectedVersion, value, leaseId));
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        return ask("delete", () -> adapter.delete(key, creation));
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return ask("grant", () -> adapter.grant(ttlMillis));
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return ask("renew", () -> adapter.renew(leaseId));
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return AdapterCall.ask(adapter, "revoke", () -> adapter.revoke(leaseId), done -> true);
    }

    @Override
    public CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
        return askAll("readAll", keys.size(), () -> adapter.readAll(keys));
    }

    @Override
    public CompletionStage<List<List<Entry>>> listAll(List<String> prefixes, int limit) {
        return AdapterCall.ask(
                adapter,
                "listAll",
                () -> adapter.listAll(prefixes, limit),
                lists -> isComplete(lists)
                        && lists.size() == prefixes.size()
                        && lists.stream().allMatch(CheckedStore::isComplete));
    }

    @Override
    public CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
        return askAll("compareAndSetAll", changes.size(), () -> adapter.compareAndSetAll(changes, leaseId));
    }

    @Override
    public CompletionStage<List<Boolean>> deleteAll(List<ConditionalDelete> removals) {
        return askAll("deleteAll", removals.size(), () -> adapter.deleteAll(removals));
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        return watching("watch", prefix, () -> adapter.watch(prefix, changed));
    }

    @Override
    public Watch watchKeys(String prefix, Consumer<Optional<String>> changed) {
        return watching("watchKeys", prefix, () -> adapter.watchKeys(prefix, changed));
    }

    private Watch watching(String method, String prefix, Supplier<@Nullable Watch> begin) {
        try {
            Watch watch = begin.get();
            if (watch != null) {
                return () -> close(watch, prefix);
            }
            throw AdapterCall.fault(adapter, method, "returned null and no watch", null);
        } catch (Throwable refused) {
            LOG.warn(
                    "watch-refused store=\"{}\" prefix={} cause=\"{}\"",
                    guarantees.store(),
                    prefix,
                    refused.toString());
            return Watch.NONE;
        }
    }

    private void close(Watch watch, String prefix) {
        try {
            watch.close();
        } catch (Throwable failed) {
            LOG.warn(
                    "watch-not-closed store=\"{}\" prefix={} cause=\"{}\"",
                    guarantees.store(),
                    prefix,
                    failed.toString());
        }
    }

    @Override
    public void close() {
        adapter.close();
    }
}

package io.mandate.election.store;

import io.mandate.election.internal.store.BatchLimits;
import io.mandate.election.internal.store.CheckedStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A linearizable store of keys with versions, and of leases that take their keys with them when they end. The smallest
 * interface that an election needs.
 *
 * <p>Every operation is linearizable: it takes effect at one moment between call and answer. None blocks its caller;
 * answers come on any thread, and what hangs on them returns at once.
 *
 * <p>A stage that fails with a {@link StoreException} leaves open whether the operation took effect, or will. Arguments
 * out of their bounds are refused by an {@link IllegalArgumentException}, thrown or in the stage; whatever else goes
 * wrong fails the stage and is not thrown. Implementations are thread-safe and bound how long an answer may take; each
 * must pass the conformance suite of the test kit.
 *
 * <p>Nothing in this library relies on adapters not to throw: see {@link CheckedStore}.
 */
public interface LeaseStore extends AutoCloseable {
    /** Longest key, in bytes of UTF-8. */
    int KEY_BYTES_MAX = 1_024;

    /** Longest value, in bytes of UTF-8. */
    int VALUE_BYTES_MAX = 65_536;

    /** Most entries that one {@link #list} may ask for. */
    int LIST_MAX = 10_000;

    /**
     * Most items of one batch: each is two operations of those 128 that etcd takes in a transaction unless it is told
     * otherwise.
     */
    int BATCH_MAX = 100;

    /** What an election may rely on here; the same for as long as the store is open. */
    StoreGuarantees guarantees();

    /** The entry of a key; empty if there is none, or if its lease has ended. */
    CompletionStage<Optional<Entry>> read(String key);

    /**
     * The entries whose keys begin so, those created first first.
     *
     * @param limit 1 to {@value #LIST_MAX}: of more, those created first
     */
    CompletionStage<List<Entry>> list(String prefix, int limit);

    /**
     * Writes a key if it has the expected version.
     *
     * @param expectedVersion {@link Entry#version} of what is to be replaced, or 0 if there must be no such key
     * @param leaseId the key ends with this lease; 0 for a key that stays
     */
    CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId);

    /**
     * Deletes a key if it is the one that was created so: a key of the same name that came later stays.
     *
     * @param creation {@link Entry#creation}
     * @return true if it was deleted now; false if there was no such key
     */
    CompletionStage<Boolean> delete(String key, long creation);

    /**
     * A new lease that lives so long unless it is renewed; not shorter than {@link StoreGuarantees#ttlMillisMin}, and a
     * multiple of its step.
     */
    CompletionStage<LeaseGrant> grant(long ttlMillis);

    /**
     * Makes a lease live its whole time again, from a moment between call and answer.
     *
     * @return the time to live in milliseconds; empty if there is no such lease, and then there never will be
     */
    CompletionStage<Optional<Long>> renew(long leaseId);

    /** Ends a lease with its keys; harmless if it has ended. */
    CompletionStage<Void> revoke(long leaseId);

    /**
     * Calls when keys that begin so may have changed, and once when the watch has begun, and again whenever it had been
     * broken, because what changed before was not seen. A hint that may come late, too often, or never: nothing may
     * depend on it but speed. A store that cannot watch, or is closed, returns {@link Watch#NONE}.
     *
     * @param changed returns at once
     */
    Watch watch(String prefix, Runnable changed);

    /**
     * As {@link #read}, for several keys, answered in their order. Like every batch it is for speed: each item is
     * linearizable by itself, and together they need not be of one moment. A store that can asks for them in one
     * request; others, by default, one by one. If it fails, nothing is known of any item.
     *
     * @param keys at most {@value #BATCH_MAX}
     */
    default CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
        BatchLimits.requireSize(keys.size());
        return BatchLimits.oneByOne(keys, this::read);
    }

    /**
     * As {@link #list}, for several prefixes; a batch as {@link #readAll}.
     *
     * @param prefixes at most {@value #BATCH_MAX}
     * @param limit for each prefix
     */
    default CompletionStage<List<List<Entry>>> listAll(List<String> prefixes, int limit) {
        BatchLimits.requireSize(prefixes.size());
        return BatchLimits.oneByOne(prefixes, prefix -> list(prefix, limit));
    }

    /**
     * As {@link #compareAndSet}, for several keys of one lease; a batch as {@link #readAll}. Keys may get one and the
     * same version, so no two may be alike up to their last slash.
     *
     * @param changes at most {@value #BATCH_MAX}
     * @param leaseId for all of them
     */
    default CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
        BatchLimits.requireWrites(changes.stream().map(ConditionalPut::key).toList());
        return BatchLimits.oneByOne(
                changes, change -> compareAndSet(change.key(), change.expectedVersion(), change.value(), leaseId));
    }

    /**
     * As {@link #delete}, for several keys; a batch as {@link #readAll}. No two keys may be alike up to their last
     * slash.
     *
     * @param removals at most {@value #BATCH_MAX}
     */
    default CompletionStage<List<Boolean>> deleteAll(List<ConditionalDelete> removals) {
        BatchLimits.requireWrites(removals.stream().map(ConditionalDelete::key).toList());
        return BatchLimits.oneByOne(removals, removal -> delete(removal.key(), removal.creation()));
    }

    /**
     * As {@link #watch}, and tells which key may have changed.
     *
     * @param changed is given a key, or empty if any may have changed; returns at once
     */
    default Watch watchKeys(String prefix, Consumer<Optional<String>> changed) {
        return watch(prefix, () -> changed.accept(Optional.empty()));
    }

    /** Ends what is under way with failures. Leases are not revoked. */
    @Override
    void close();
}

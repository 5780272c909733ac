package io.mandate.election.transcript;

import io.mandate.election.store.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A store of keys and leases on a {@link Timeline}, which ends leases that were not renewed. */
final class TranscriptStore {
    private final Timeline time;
    private final Consumer<String> log;
    private final Map<Long, Long> endByLease = new TreeMap<>();
    private final Map<String, Entry> entries = new TreeMap<>();
    private final List<Consumer<String>> watchers = new ArrayList<>();
    private long version;
    private long leases;

    TranscriptStore(Timeline time, Consumer<String> log) {
        this.time = time;
        this.log = log;
    }

    /** Notifies of every key that is created or deleted. */
    void watch(Consumer<String> watcher) {
        watchers.add(watcher);
    }

    long grant(long ttlMillis) {
        leases++;
        keep(leases, ttlMillis);
        return leases;
    }

    boolean renew(long lease, long ttlMillis) {
        if (!endByLease.containsKey(lease)) {
            return false;
        }
        keep(lease, ttlMillis);
        return true;
    }

    private void keep(long lease, long ttlMillis) {
        endByLease.put(lease, time.nowMillis() + ttlMillis);
        time.plan(ttlMillis, () -> {
            if (endByLease.getOrDefault(lease, Long.MAX_VALUE) <= time.nowMillis()) {
                log.accept("store: lease " + lease + " has ended");
                revoke(lease);
            }
        });
    }

    void revoke(long lease) {
        endByLease.remove(lease);
        List.copyOf(entries.values()).stream()
                .filter(entry -> entry.leaseId() == lease)
                .forEach(entry -> remove(entry.key()));
    }

    /** The creation of the key, which is as it was if the key exists; empty without the lease. */
    Optional<Long> create(String key, String value, long lease) {
        if (!endByLease.containsKey(lease)) {
            return Optional.empty();
        }
        if (!entries.containsKey(key)) {
            version++;
            entries.put(key, new Entry(key, value, version, version, lease));
            changed(key);
        }
        return Optional.of(entries.get(key).creation());
    }

    void delete(String key, long creation) {
        Entry entry = entries.get(key);
        if (entry != null && entry.creation() == creation) {
            remove(key);
        }
    }

    private void remove(String key) {
        entries.remove(key);
        changed(key);
    }

    private void changed(String key) {
        List.copyOf(watchers).forEach(watcher -> watcher.accept(key));
    }

    List<Entry> list() {
        return entries.values().stream()
                .sorted(Comparator.comparingLong(Entry::creation))
                .toList();
    }
}

package io.mandate.testkit;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.StoreException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The keys and leases of a store in memory, as a function of what it is asked and when. Every write, whichever key it
 * is of, has a larger revision than the one before; so has the end of a lease, with which all its keys go at once. Each
 * operation first ends the leases whose time is over. Confined to one thread.
 */
final class MemoryKeyspace {
    /** A test that needs more has lost count. */
    static final int KEYS_MAX = 1_000_000;

    static final int LEASES_MAX = 1_000_000;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private static final class Lease {
        final long ttlMillis;
        final Set<String> keys = new LinkedHashSet<>();
        long expiryNanos;

        Lease(long ttlMillis) {
            this.ttlMillis = ttlMillis;
        }
    }

    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final Map<Long, Lease> leases = new HashMap<>();
    private final Set<PlantedStoreFault> planted = EnumSet.noneOf(PlantedStoreFault.class);
    private final Consumer<String> changed;
    private long revision;
    private long leaseIds;
    /** No lease ends before this. */
    private long nextExpiryNanos = Long.MAX_VALUE;

    /** @param changed told each key that was written or has gone; returns at once */
    MemoryKeyspace(Consumer<String> changed) {
        this.changed = changed;
    }

    void plant(PlantedStoreFault fault) {
        planted.add(fault);
    }

    boolean has(PlantedStoreFault fault) {
        return planted.contains(fault);
    }

    /** Of the last write. */
    long revision() {
        return revision;
    }

    /** When a lease may end next; the largest number if there is none. */
    long nextExpiryNanos() {
        return nextExpiryNanos;
    }

    boolean lives(long leaseId, long nowNanos) {
        expire(nowNanos);
        return leases.containsKey(leaseId);
    }

    List<Long> leases(long nowNanos) {
        expire(nowNanos);
        return leases.keySet().stream().sorted().toList();
    }

    Optional<Entry> read(String key, long nowNanos) {
        expire(nowNanos);
        return Optional.ofNullable(entries.get(key));
    }

    List<Entry> list(String prefix, int limit, long nowNanos) {
        expire(nowNanos);
        List<Entry> found = new ArrayList<>();
        for (Entry entry : entries.tailMap(prefix, true).values()) {
            if (!entry.key().startsWith(prefix)) {
                break;
            }
            found.add(entry);
        }
        found.sort(Comparator.comparingLong(Entry::creation));
        return List.copyOf(found.subList(0, Math.min(limit, found.size())));
    }

    CasResult compareAndSet(String key, long expectedVersion, String value, long leaseId, long nowNanos) {
        expire(nowNanos);
        Entry present = entries.get(key);
        Lease lease = leases.get(leaseId);
        if (leaseId != 0 && lease == null && !has(PlantedStoreFault.ENDED_LEASES_TAKEN)) {
            return new CasResult.NoSuchLease();
        }
        long version = present == null ? 0 : present.version();
        if (version != expectedVersion && !has(PlantedStoreFault.EXPECTED_VERSION_IGNORED)) {
            return new CasResult.Refused(present);
        }
        if (present == null && entries.size() >= KEYS_MAX) {
            throw new StoreException("the store in memory holds " + KEYS_MAX + " keys: delete some");
        }
        Entry written = next(key, value, leaseId, present);
        if (!has(PlantedStoreFault.FORMER_LEASES_COUNT)) {
            detach(present);
        }
        entries.put(key, written);
        if (lease != null) {
            lease.keys.add(key);
        }
        changed.accept(key);
        return new CasResult.Written(written);
    }

    private Entry next(String key, String value, long leaseId, @Nullable Entry present) {
        revision++;
        long version = revision;
        if (has(PlantedStoreFault.VERSIONS_REPEAT)) {
            version = present == null ? 1 : present.version() + 1;
        }
        if (present != null) {
            return new Entry(key, value, version, present.creation(), leaseId);
        }
        return new Entry(key, value, version, creation(key), leaseId);
    }

    private long creation(String key) {
        if (!has(PlantedStoreFault.CREATIONS_REPEAT)) {
            return revision;
        }
        String directory = key.substring(0, key.lastIndexOf('/') + 1);
        long largest = 0;
        for (Entry entry : entries.tailMap(directory, true).values()) {
            if (!entry.key().startsWith(directory)) {
                break;
            }
            largest = Math.max(largest, entry.creation());
        }
        return largest + 1;
    }

    boolean delete(String key, long creation, long nowNanos) {
        expire(nowNanos);
        Entry present = entries.get(key);
        if (present == null || (present.creation() != creation && !has(PlantedStoreFault.CREATION_IGNORED))) {
            return false;
        }
        revision++;
        remove(present);
        return true;
    }

    private void remove(Entry entry) {
        detach(entry);
        entries.remove(entry.key());
        changed.accept(entry.key());
    }

    private void detach(@Nullable Entry entry) {
        Lease lease = entry == null ? null : leases.get(entry.leaseId());
        if (entry != null && lease != null) {
            lease.keys.remove(entry.key());
        }
    }

    /** @param latenessNanos how much longer than promised it lives unless it is renewed */
    LeaseGrant grant(long ttlMillis, long latenessNanos, long nowNanos) {
        expire(nowNanos);
        if (leases.size() >= LEASES_MAX) {
            throw new StoreException("the store in memory holds " + LEASES_MAX + " leases: revoke some");
        }
        Lease lease = new Lease(ttlMillis);
        long leaseId = ++leaseIds;
        leases.put(leaseId, lease);
        live(lease, latenessNanos, nowNanos);
        return new LeaseGrant(leaseId, ttlMillis);
    }

    Optional<Long> renew(long leaseId, long latenessNanos, long nowNanos) {
        expire(nowNanos);
        Lease lease = leases.get(leaseId);
        if (lease == null) {
            return has(PlantedStoreFault.ENDED_LEASES_RENEWED) ? Optional.of(1_000L) : Optional.empty();
        }
        if (!has(PlantedStoreFault.RENEWALS_FORGOTTEN)) {
            live(lease, latenessNanos, nowNanos);
        }
        return Optional.of(lease.ttlMillis);
    }

    private void live(Lease lease, long latenessNanos, long nowNanos) {
        if (has(PlantedStoreFault.LEASES_NEVER_END)) {
            lease.expiryNanos = Long.MAX_VALUE;
            return;
        }
        long ttlNanos = lease.ttlMillis * NANOS_PER_MILLI;
        lease.expiryNanos =
                nowNanos + (has(PlantedStoreFault.LEASES_END_EARLY) ? ttlNanos / 2 : ttlNanos + latenessNanos);
        nextExpiryNanos = Math.min(nextExpiryNanos, lease.expiryNanos);
    }

    /** What a store may do that was away or has a new leader: it cannot know what renewals it missed. */
    void restartLeases(long nowNanos) {
        for (Lease lease : leases.values()) {
            lease.expiryNanos = Math.max(lease.expiryNanos, nowNanos + lease.ttlMillis * NANOS_PER_MILLI);
        }
    }

    void revoke(long leaseId, long nowNanos) {
        expire(nowNanos);
        end(leaseId, !has(PlantedStoreFault.REVOKED_KEYS_STAY));
    }

    private void end(long leaseId, boolean withKeys) {
        Lease lease = leases.remove(leaseId);
        if (lease == null) {
            return;
        }
        revision++;
        for (String key : withKeys ? List.copyOf(lease.keys) : List.<String>of()) {
            Entry entry = entries.get(key);
            if (entry != null) {
                remove(entry);
            }
        }
    }

    /** Ends the leases whose time is over. */
    void expire(long nowNanos) {
        if (nowNanos < nextExpiryNanos) {
            return;
        }
        List<Long> over = new ArrayList<>();
        nextExpiryNanos = Long.MAX_VALUE;
        for (Map.Entry<Long, Lease> lease : leases.entrySet()) {
            long expiryNanos = lease.getValue().expiryNanos;
            if (expiryNanos <= nowNanos) {
                over.add(lease.getKey());
            } else {
                nextExpiryNanos = Math.min(nextExpiryNanos, expiryNanos);
            }
        }
        over.sort(Comparator.naturalOrder());
        over.forEach(leaseId -> end(leaseId, true));
    }
}

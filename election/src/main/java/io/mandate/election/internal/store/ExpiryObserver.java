package io.mandate.election.internal.store;

import io.mandate.election.internal.time.Moment;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.CasStore;
import io.mandate.election.store.CasStore.VersionedRecord;
import io.mandate.election.store.EmulatedLeases;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.StoreException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * The leases of {@link EmulatedLeases}: a record each, that its holder writes anew to renew it, and that others end
 * when they have not seen it change for long enough. Thread-safe.
 *
 * <p>Why nobody ends a lease too early: the version that an observer sees was written before the observer had it in
 * hand, so from then on it counts the time to live, and the drift bound more, by its own monotonic clock. It ends the
 * lease by writing at exactly that version, so that of a renewal at the same moment and this end one fails. No clock is
 * compared with another machine's.
 *
 * <p>Why a lease that has ended stays so: records are used again, not deleted, and a lease's id is its record's number
 * and how many leases it has held before. A renewal that comes late writes at a version that is no more; it looks
 * again, and finds the remains of its own lease or another lease, which it does not touch. So the remains need not be
 * kept for any time, and the records of leases do not grow in number with the leases that ever were.
 */
public final class ExpiryObserver {
    /** Leases that can live at a time: far more than one for each process of any installation that shares one table. */
    static final int LEASES_MAX = 1_024;

    /**
     * Records looked at for a lease before it is refused: with half of them in use, one in 10^19 such searches fails.
     */
    private static final int PROBES_MAX = 64;

    /** Writers of one lease are its holder and who ends it: they do not collide so often. */
    private static final int ATTEMPTS_MAX = 10;

    private static final double NANOS_PER_MILLI = 1_000_000;

    /** A version of a lease's record, and when it was first in hand. */
    private record Seen(long version, Moment since) {}

    private record Held(long version, LeaseRecord lease) {}

    private final CasStore records;
    private final Scheduler clock;
    private final double driftBound;
    private final RandomGenerator random;
    /** By the number of the record, so no more than {@link #LEASES_MAX}. */
    private final Map<Long, Seen> seen = new ConcurrentHashMap<>();

    /**
     * What this process granted or renewed last, so that the next renewal need not read first. By the number of the
     * record.
     */
    private final Map<Long, Held> held = new ConcurrentHashMap<>();

    public ExpiryObserver(CasStore records, Scheduler clock, double driftBound, RandomGenerator random) {
        this.records = records;
        this.clock = clock;
        this.driftBound = driftBound;
        this.random = random;
    }

    private static long numberOf(long leaseId) {
        return Math.floorMod(leaseId, (long) LEASES_MAX);
    }

    private static String nameOf(long number) {
        return "lease/" + number;
    }

    private LeaseRecord parse(long number, VersionedRecord found) {
        try {
            return LeaseRecord.of(found.content());
        } catch (IllegalArgumentException foreign) {
            throw new StoreException(
                    "record " + nameOf(number) + " of " + records.name() + " is no lease: " + foreign.getMessage()
                            + "; give Mandate a table of its own",
                    foreign);
        }
    }

    /** Whether a lease lives, after having ended it if its time is over. */
    public CompletionStage<Boolean> lives(long leaseId) {
        return lives(leaseId, ATTEMPTS_MAX);
    }

    private CompletionStage<Boolean> lives(long leaseId, int attempts) {
        long number = numberOf(leaseId);
        return records.read(nameOf(number)).thenCompose(found -> {
            if (found.isEmpty()) {
                return CompletableFuture.completedFuture(false);
            }
            LeaseRecord lease = parse(number, found.get());
            if (lease.leaseId() != leaseId || !lease.lives()) {
                return CompletableFuture.completedFuture(false);
            }
            // A holder that renews it so often that it cannot be ended keeps it alive.
            if (attempts == 0 || !isOver(lease, found.get().version())) {
                return CompletableFuture.completedFuture(true);
            }
            return records.compareAndSet(
                            nameOf(number), found.get().version(), lease.ended().content())
                    .thenCompose(ended -> ended.isPresent()
                            ? CompletableFuture.completedFuture(false)
                            : lives(leaseId, attempts - 1));
        });
    }

    private boolean isOver(LeaseRecord lease, long version) {
        Moment now = clock.now();
        Seen since = seen.merge(
                numberOf(lease.leaseId()),
                new Seen(version, now),
                (before, fresh) -> before.version == version ? before : fresh);
        double nanos = lease.ttlMillis() * NANOS_PER_MILLI * (1 + driftBound);
        return now.nanosSince(since.since) > nanos;
    }

    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return grant(ttlMillis, PROBES_MAX);
    }

    private CompletionStage<LeaseGrant> grant(long ttlMillis, int probes) {
        if (probes == 0) {
            return CompletableFuture.failedFuture(new StoreException("nearly all of the " + LEASES_MAX + " leases of "
                    + records.name() + " are in use: let processes share a lease, or use another table"));
        }
        long number = nextNumber();
        return records.read(nameOf(number)).thenCompose(found -> {
            long version = found.map(VersionedRecord::version).orElse(0L);
            Optional<LeaseRecord> before = found.map(present -> parse(number, present));
            if (before.isPresent() && before.get().lives() && !isOver(before.get(), version)) {
                return grant(ttlMillis, probes - 1);
            }
            long leaseId = before.map(LeaseRecord::leaseId).orElse(number) + LEASES_MAX;
            LeaseRecord lease = new LeaseRecord(leaseId, ttlMillis, 0, true);
            return records.compareAndSet(nameOf(number), version, lease.content())
                    .thenCompose(written -> {
                        if (written.isEmpty()) {
                            return grant(ttlMillis, probes - 1);
                        }
                        held.put(number, new Held(written.get(), lease));
                        return CompletableFuture.completedFuture(new LeaseGrant(leaseId, ttlMillis));
                    });
        });
    }

    private long nextNumber() {
        synchronized (random) {
            return random.nextInt(LEASES_MAX);
        }
    }

    public CompletionStage<Optional<Long>> renew(long leaseId) {
        Held last = held.get(numberOf(leaseId));
        return last == null || last.lease.leaseId() != leaseId
                ? lookAndRenew(leaseId, ATTEMPTS_MAX)
                : renewAt(last.version, last.lease, ATTEMPTS_MAX);
    }

    private CompletionStage<Optional<Long>> renewAt(long version, LeaseRecord lease, int attempts) {
        long number = numberOf(lease.leaseId());
        LeaseRecord renewed = lease.renewed();
        return records.compareAndSet(nameOf(number), version, renewed.content()).thenCompose(written -> {
            if (written.isEmpty()) {
                return lookAndRenew(lease.leaseId(), attempts - 1);
            }
            held.put(number, new Held(written.get(), renewed));
            return CompletableFuture.completedFuture(Optional.of(lease.ttlMillis()));
        });
    }

    private CompletionStage<Optional<Long>> lookAndRenew(long leaseId, int attempts) {
        return findLiving(leaseId, attempts)
                .thenCompose(living -> living.isEmpty()
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : renewAt(living.get().version, living.get().lease, attempts));
    }

    public CompletionStage<Boolean> revoke(long leaseId) {
        return revoke(leaseId, ATTEMPTS_MAX);
    }

    private CompletionStage<Boolean> revoke(long leaseId, int attempts) {
        String name = nameOf(numberOf(leaseId));
        return findLiving(leaseId, attempts)
                .thenCompose(living -> living.isEmpty()
                        ? CompletableFuture.completedFuture(false)
                        : records.compareAndSet(
                                        name,
                                        living.get().version,
                                        living.get().lease.ended().content())
                                .thenCompose(ended -> ended.isPresent()
                                        ? CompletableFuture.completedFuture(true)
                                        : revoke(leaseId, attempts - 1)));
    }

    private CompletionStage<Optional<Held>> findLiving(long leaseId, int attempts) {
        long number = numberOf(leaseId);
        if (attempts <= 0) {
            return CompletableFuture.failedFuture(new StoreException("record " + nameOf(number) + " of "
                    + records.name() + " changed " + ATTEMPTS_MAX
                    + " times while it was to be written: more than one process renews this lease"));
        }
        return records.read(nameOf(number))
                .thenApply(found -> found.map(present -> new Held(present.version(), parse(number, present)))
                        .filter(present -> present.lease.leaseId() == leaseId && present.lease.lives()));
    }
}

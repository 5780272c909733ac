package io.mandate.election.store;

import io.mandate.election.internal.store.CheckedCasStore;
import io.mandate.election.internal.store.DirectoryRecord;
import io.mandate.election.internal.store.ExpiryObserver;
import io.mandate.election.internal.store.PendingAnswers;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.CasStore.VersionedRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LeaseStore} made of a store that keeps no leases, by the observer's algorithm: a lease is a record that its
 * holder keeps changing, and whoever wants what hangs on it ends it after not having seen it change for a time to live
 * by its own monotonic clock. (As do Kubernetes' leases and the DynamoDB lock client; unlike these, by compare-and-set
 * only, so that a holder that wakes cannot take back what was ended: dynamodb-lock-client #62, #116.)
 *
 * <p>Leases end only while somebody looks, and a time to live after the first look. So a leader that dies is replaced
 * after up to twice its time to live.
 *
 * <p>All keys that are alike up to their last slash are in one record, with the counter that numbers them; see
 * {@link DirectoryRecord}. A key belongs to its lease only by naming it: when the lease has ended the key counts as
 * gone, and the next write to its directory leaves it out. How reads of several records are made to be of one moment is
 * said at {@link #look} and {@link #list}. Keys of different directories are numbered by different counters, so a list
 * over several directories is in the order of creation only within each.
 *
 * <p>What cannot be had in two records at once: a lease that ends while a key is being written with it. The write then
 * fails with a {@link StoreException}, and the key, which counts as gone, may have replaced what it was to replace.
 *
 * <p>Thread-safe. Nothing of it waits or has a thread.
 */
public final class EmulatedLeases implements LeaseStore {
    /**
     * Longest record, in bytes of UTF-8: what DynamoDB (400 KB) and Kubernetes (1 MiB, of which annotations 256 KiB)
     * can keep.
     */
    public static final int RECORD_BYTES_MAX = 250_000;

    /** Directories that one list may go through. */
    static final int DIRECTORIES_PER_LIST_MAX = 1_000;

    /** Directories of which is remembered that their parents know them. */
    private static final int DIRECTORIES_REMEMBERED_MAX = 10_000;

    /**
     * Tries of a write while others write to the same directory; by then they have been at it for more than a second.
     */
    private static final int ATTEMPTS_MAX = 40;

    private static final long BACKOFF_NANOS_MIN = 1_000_000;
    private static final long BACKOFF_NANOS_MAX = 50_000_000;

    /** Ten years: what is to stay longer needs no lease. */
    private static final long TTL_MILLIS_MAX = 315_360_000_000L;

    /**
     * How leases are kept.
     *
     * @param ttlMillisMin the shortest lease: several times what a write to the store takes
     * @param driftBound how much faster this machine's clocks may run than a holder's, as a fraction from 0 to 0.5
     */
    public record Options(long ttlMillisMin, double driftBound) {
        /** A second, and one percent. */
        public static final Options DEFAULT = new Options(1_000, 0.01);

        public Options {
            if (ttlMillisMin < 1) {
                throw new IllegalArgumentException("a ttlMillisMin of " + ttlMillisMin + " is below 1");
            }
            if (!(driftBound >= 0 && driftBound <= 0.5)) {
                throw new IllegalArgumentException("a driftBound of " + driftBound + " is not between 0 and 0.5");
            }
        }
    }

    private record Found(long version, DirectoryRecord directory) {}

    /** What a write decides: the answer, and what is to be written; null for nothing. */
    private record Change<A>(A answer, @Nullable DirectoryRecord next) {}

    private final CasStore records;
    private final Scheduler clock;
    private final RandomGenerator random;
    private final StoreGuarantees guarantees;
    private final ExpiryObserver leases;
    private final Set<String> directoriesWithParents = ConcurrentHashMap.newKeySet();
    private final PendingAnswers pending;

    /**
     * Leases on a store's records, which it then owns.
     *
     * @param store may fail in any way
     * @param clock by which leases are observed, and waited before a write is tried again; not closed with this
     * @param random for which record a lease gets, and how long to wait
     */
    public EmulatedLeases(CasStore store, Scheduler clock, Options options, RandomGenerator random) {
        this.records = new CheckedCasStore(store);
        this.clock = clock;
        this.random = random;
        this.guarantees = new StoreGuarantees(
                records.name(), StoreGuarantees.Expiry.OBSERVER, options.ttlMillisMin(), 1, true, false);
        this.leases = new ExpiryObserver(records, clock, options.driftBound(), random);
        this.pending = new PendingAnswers(records.name());
    }

    @Override
    public StoreGuarantees guarantees() {
        return guarantees;
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        requireKey(key);
        return pending.track(
                () -> look(DirectoryRecord.nameFor(key), entry -> entry.key().equals(key), Set.of())
                        .thenApply(found -> Optional.ofNullable(found.directory.find(key))));
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        if (!prefix.isEmpty()) {
            requireKey(prefix);
        }
        if (limit < 1 || limit > LIST_MAX) {
            throw new IllegalArgumentException(
                    "a list of " + limit + " entries is not between 1 and " + LIST_MAX + " entries long");
        }
        return pending.track(() -> list(prefix, Map.of(), Set.of(), ATTEMPTS_MAX))
                .thenApply(all -> List.copyOf(all.subList(0, Math.min(limit, all.size()))));
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        requireKey(key);
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException("a value of " + bytes + " bytes is longer than " + VALUE_BYTES_MAX
                    + " bytes: keep it elsewhere, and its place here");
        }
        if (expectedVersion < 0) {
            throw new IllegalArgumentException(
                    "an expected version of " + expectedVersion + " is below 0, which stands for no such key");
        }
        if (leaseId == 0) {
            return pending.track(() -> swap(key, expectedVersion, value, 0));
        }
        return pending.track(() -> leases.lives(leaseId)
                .thenCompose(lives -> lives
                        ? swap(key, expectedVersion, value, leaseId).thenCompose(swap -> confirm(swap, leaseId))
                        : CompletableFuture.<CasResult>completedFuture(new CasResult.NoSuchLease())));
    }

    private CompletionStage<CasResult> swap(String key, long expectedVersion, String value, long leaseId) {
        String directory = DirectoryRecord.nameFor(key);
        return makeKnown(directory)
                .thenCompose(known -> change(directory, 0, present -> {
                    Entry before = present.find(key);
                    if ((before == null ? 0 : before.version()) != expectedVersion) {
                        return new Change<CasResult>(new CasResult.Refused(before), null);
                    }
                    DirectoryRecord next = present.with(key, value, leaseId);
                    Entry written = next.find(key);
                    if (written == null) {
                        throw new AssertionError(key + " is not where it was just put");
                    }
                    return new Change<CasResult>(new CasResult.Written(written), next);
                }));
    }

    /** A lease that lives after the write lived at the write, because none lives twice. */
    private CompletionStage<CasResult> confirm(CasResult swap, long leaseId) {
        if (!(swap instanceof CasResult.Written written)) {
            return CompletableFuture.completedFuture(swap);
        }
        return leases.lives(leaseId).thenApply(lives -> {
            if (!lives) {
                throw new StoreException("lease " + Long.toHexString(leaseId) + " ended while "
                        + written.entry().key() + " was written with it to " + records.name()
                        + ": the key is gone; ask for another lease");
            }
            return swap;
        });
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        requireKey(key);
        return pending.track(() -> change(DirectoryRecord.nameFor(key), 0, present -> {
            Entry entry = present.find(key);
            return entry == null || entry.creation() != creation
                    ? new Change<>(false, null)
                    : new Change<>(true, present.without(entry::equals));
        }));
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        if (ttlMillis < guarantees.ttlMillisMin() || ttlMillis > TTL_MILLIS_MAX) {
            throw new IllegalArgumentException("a time to live of " + ttlMillis + " ms is not between "
                    + guarantees.ttlMillisMin() + " and " + TTL_MILLIS_MAX + " ms, which is what leases on "
                    + records.name() + " can have");
        }
        return pending.track(() -> leases.grant(ttlMillis));
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return pending.track(() -> leases.renew(leaseId));
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return pending.track(() -> leases.revoke(leaseId)).thenAccept(ended -> {});
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        return Watch.NONE;
    }

    @Override
    public void close() {
        pending.close();
        records.close();
    }

    private static void requireKey(String key) {
        int bytes = key.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > KEY_BYTES_MAX) {
            throw new IllegalArgumentException("a key of " + bytes + " bytes is not between 1 and " + KEY_BYTES_MAX
                    + " bytes long: choose another one");
        }
    }

    private static String recordOf(String directory) {
        return "keys/" + directory;
    }

    private CompletionStage<Found> readDirectory(String directory) {
        return records.read(recordOf(directory))
                .thenApply(found -> found.map(present -> parse(directory, present))
                        .orElseGet(() -> new Found(0, DirectoryRecord.EMPTY)));
    }

    private Found parse(String directory, VersionedRecord present) {
        try {
            return new Found(present.version(), DirectoryRecord.of(present.content()));
        } catch (IllegalArgumentException foreign) {
            throw new StoreException(
                    "record " + recordOf(directory) + " of " + records.name() + " holds no keys: "
                            + foreign.getMessage() + "; give Mandate a table of its own",
                    foreign);
        }
    }

    /**
     * A directory without the keys whose lease has ended, as it was at one moment: when its record was last read. What
     * is found to have ended after that reading ended after that moment, perhaps; so the record is read again until
     * nothing new has ended, and then what has not lived on at that moment, and the rest had ended before it.
     *
     * @param wanted which keys' leases matter
     * @param ended leases that are known to have ended
     */
    private CompletionStage<Found> look(String directory, Predicate<Entry> wanted, Set<Long> ended) {
        return readDirectory(directory)
                .thenCompose(found -> endedNow(
                                found.directory.entries().stream()
                                        .filter(wanted)
                                        .toList(),
                                ended)
                        .thenCompose(fresh -> fresh.isEmpty()
                                ? CompletableFuture.completedFuture(new Found(
                                        found.version,
                                        found.directory.without(entry -> ended.contains(entry.leaseId()))))
                                : look(directory, wanted, union(ended, fresh))));
    }

    private static Set<Long> union(Set<Long> some, Set<Long> others) {
        Set<Long> both = new HashSet<>(some);
        both.addAll(others);
        return both;
    }

    /** Which of the entries' leases have ended that were not known to have. */
    private CompletionStage<Set<Long>> endedNow(List<Entry> entries, Set<Long> known) {
        Set<Long> fresh = ConcurrentHashMap.newKeySet();
        CompletableFuture<?>[] looks = entries.stream()
                .map(Entry::leaseId)
                .filter(leaseId -> leaseId != 0 && !known.contains(leaseId))
                .distinct()
                .map(leaseId -> leases.lives(leaseId).thenAccept(lives -> {
                    if (!lives) {
                        fresh.add(leaseId);
                    }
                }))
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(looks).thenApply(done -> fresh);
    }

    /**
     * The entries of all directories that a prefix leads to. Several records are read until none has changed since they
     * were read before: so there was a moment between the two readings at which they all were so. (The double collect
     * of Y. Afek and others: Atomic snapshots of shared memory, 1993.)
     */
    private CompletionStage<List<Entry>> list(String prefix, Map<String, Found> before, Set<Long> ended, int attempts) {
        if (attempts == 0) {
            return tooBusy("the directories below " + prefix);
        }
        return collect(prefix, List.of(DirectoryRecord.nameFor(prefix)), new TreeMap<>())
                .thenCompose(now -> {
                    List<Entry> entries = now.values().stream()
                            .flatMap(found -> found.directory.entries().stream())
                            .filter(entry -> entry.key().startsWith(prefix))
                            .sorted(Comparator.comparingLong(Entry::creation).thenComparing(Entry::key))
                            .toList();
                    return endedNow(entries, ended).thenCompose(fresh -> {
                        boolean oneMoment = now.size() == 1 || now.equals(before);
                        if (fresh.isEmpty() && oneMoment) {
                            return CompletableFuture.completedFuture(entries.stream()
                                    .filter(entry -> !ended.contains(entry.leaseId()))
                                    .toList());
                        }
                        return list(prefix, now, union(ended, fresh), attempts - 1);
                    });
                });
    }

    private CompletionStage<Map<String, Found>> collect(String prefix, List<String> names, Map<String, Found> sofar) {
        if (names.isEmpty()) {
            return CompletableFuture.completedFuture(sofar);
        }
        if (sofar.size() + names.size() > DIRECTORIES_PER_LIST_MAX) {
            return CompletableFuture.failedFuture(new StoreException("the prefix " + prefix + " leads to more than "
                    + DIRECTORIES_PER_LIST_MAX + " directories of " + records.name() + ": list a longer one"));
        }
        Map<String, Found> level = new ConcurrentHashMap<>();
        CompletableFuture<?>[] reads = names.stream()
                .map(name -> readDirectory(name)
                        .thenAccept(found -> level.put(name, found))
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(reads).thenCompose(done -> {
            List<String> below = new ArrayList<>();
            level.forEach((name, found) -> found.directory.children().stream()
                    .map(name::concat)
                    .filter(child -> child.startsWith(prefix))
                    .forEach(below::add));
            sofar.putAll(level);
            return collect(prefix, below, sofar);
        });
    }

    /** Before the first key is written to a directory, its parents learn that there is one. */
    private CompletionStage<Boolean> makeKnown(String directory) {
        if (directory.isEmpty() || directoriesWithParents.contains(directory)) {
            return CompletableFuture.completedFuture(true);
        }
        String parent = DirectoryRecord.nameFor(directory.substring(0, directory.length() - 1));
        String child = directory.substring(parent.length());
        return makeKnown(parent)
                .thenCompose(known -> change(
                        parent,
                        0,
                        present -> new Change<>(
                                true, present.children().contains(child) ? null : present.withChild(child))))
                .thenApply(known -> {
                    if (directoriesWithParents.size() >= DIRECTORIES_REMEMBERED_MAX) {
                        directoriesWithParents.clear();
                    }
                    return directoriesWithParents.add(directory);
                });
    }

    private <A> CompletionStage<A> change(String directory, int attempt, Function<DirectoryRecord, Change<A>> decide) {
        if (attempt == ATTEMPTS_MAX) {
            return tooBusy("the directory " + directory);
        }
        return look(directory, entry -> true, Set.of()).thenCompose(found -> {
            Change<A> change = decide.apply(found.directory);
            if (change.next == null) {
                return CompletableFuture.completedFuture(change.answer);
            }
            return records.compareAndSet(recordOf(directory), found.version, content(directory, change.next))
                    .thenCompose(written -> written.isPresent()
                            ? CompletableFuture.completedFuture(change.answer)
                            : later(attempt).thenCompose(now -> change(directory, attempt + 1, decide)));
        });
    }

    private String content(String directory, DirectoryRecord next) {
        String content = next.content();
        int bytes = content.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > RECORD_BYTES_MAX) {
            throw new StoreException("the keys of directory " + directory + " in " + records.name() + " would take "
                    + bytes + " bytes, more than the " + RECORD_BYTES_MAX
                    + " that a record may have: nothing was written; delete some, or use shorter values");
        }
        return content;
    }

    private <A> CompletionStage<A> tooBusy(String what) {
        return CompletableFuture.failedFuture(new StoreException("others changed " + what + " of " + records.name()
                + " each of " + ATTEMPTS_MAX + " times it was to be used: try again later"));
    }

    /** Those who collided do not collide again if each waits for a time of its own. */
    private CompletionStage<Boolean> later(int attempt) {
        CompletableFuture<Boolean> now = new CompletableFuture<>();
        long mostNanos = Math.min(BACKOFF_NANOS_MAX, BACKOFF_NANOS_MIN << Math.min(attempt, 10));
        long nanos;
        synchronized (random) {
            nanos = random.nextLong(mostNanos);
        }
        clock.schedule(nanos, () -> now.complete(true));
        return now;
    }
}

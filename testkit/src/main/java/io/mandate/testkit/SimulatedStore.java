package io.mandate.testkit;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A linearizable store in {@link VirtualTime} that keeps its promises, behind a network that does not.
 *
 * <p>Each simulated process has a connection of its own ({@link #client}), whose requests, answers and watches meet
 * with the {@link StoreFaults} of the moment. The store's clock is the timeline. What {@code operator…} methods do
 * takes effect at once, as if somebody else had asked for it, and the others look at the truth, which no process knows.
 * One seed gives one course of events. Confined to the timeline's thread.
 *
 * <pre>{@code
 * VirtualTime time = new VirtualTime();
 * SimulatedStore store = new SimulatedStore(time, seed);
 * store.faults(StoreFaults.SOME);
 * VirtualScheduler process = new VirtualScheduler(time, "host-7", 0.99);
 * LeaseStore connection = store.client(process);
 * }</pre>
 */
public final class SimulatedStore {
    static final StoreGuarantees GUARANTEES =
            new StoreGuarantees("the simulated store", StoreGuarantees.Expiry.STORE, 100, 1, true, true);

    private final VirtualTime time;
    private final RandomGenerator random;
    private final MemoryKeyspace keyspace = new MemoryKeyspace(this::changed);
    private final Set<SimulatedWatch> watches = new LinkedHashSet<>();
    private StoreFaults faults = StoreFaults.NONE;
    private long awayUntilNanos;
    private long watchesStalledUntilNanos;
    private long expiryLookNanos = Long.MAX_VALUE;

    /** A store without keys. */
    public SimulatedStore(VirtualTime time, long seed) {
        this.time = time;
        this.random = new SplittableRandom(seed);
    }

    /** A store for real time, for tests of users of the library. */
    public static InMemoryStore inMemory() {
        return new InMemoryStore();
    }

    /** A connection of a process: its answers and watch calls come when the process runs, and not on its loop. */
    public SimulatedConnection client(VirtualScheduler process) {
        return new SimulatedConnection(this, process);
    }

    /** What goes wrong from now on. */
    public void faults(StoreFaults next) {
        faults = next;
    }

    StoreFaults faults() {
        return faults;
    }

    /** Makes the store itself break its promises. */
    public void plant(PlantedStoreFault fault) {
        keyspace.plant(fault);
    }

    /**
     * Nobody is answered for so long. Then all leases live at least their whole time again, as a store must see to that
     * does not know what it missed.
     */
    public void goAway(Duration duration) {
        awayUntilNanos = Math.max(awayUntilNanos, time.nanos() + duration.toNanos());
        keyspace.expire(time.nanos());
        keyspace.restartLeases(awayUntilNanos);
    }

    boolean isAway() {
        return time.nanos() < awayUntilNanos;
    }

    /** Watches call nobody for so long, and then once. */
    public void stallWatches(Duration duration) {
        watchesStalledUntilNanos = Math.max(watchesStalledUntilNanos, time.nanos() + duration.toNanos());
        watches.forEach(SimulatedWatch::callOnceWhenPossible);
    }

    long watchesStalledUntilNanos() {
        return watchesStalledUntilNanos;
    }

    /** The watches that are open now never call again. */
    public void loseWatches() {
        watches.clear();
    }

    /** An operator ends a lease. */
    public void operatorRevokes(long leaseId) {
        keyspace.revoke(leaseId, time.nanos());
    }

    /**
     * An operator deletes a key.
     *
     * @return false if there was none
     */
    public boolean operatorDeletes(String key) {
        Optional<Entry> present = keyspace.read(key, time.nanos());
        return present.isPresent() && keyspace.delete(key, present.get().creation(), time.nanos());
    }

    /** An operator, or another program, writes a key without a lease. */
    public Entry operatorWrites(String key, String value) {
        long version = keyspace.read(key, time.nanos()).map(Entry::version).orElse(0L);
        if (keyspace.compareAndSet(key, version, value, 0, time.nanos()) instanceof CasResult.Written written) {
            return written.entry();
        }
        throw new AssertionError("a write without a lease at the present version was refused: " + key);
    }

    /** The keys that begin so, those created first first. */
    public List<Entry> entries(String prefix) {
        return keyspace.list(prefix, Integer.MAX_VALUE, time.nanos());
    }

    /** The leases that live. */
    public List<Long> leases() {
        return keyspace.leases(time.nanos());
    }

    /** Whether a lease lives. */
    public boolean lives(long leaseId) {
        return keyspace.lives(leaseId, time.nanos());
    }

    /** Of the last write. */
    public long revision() {
        return keyspace.revision();
    }

    VirtualTime time() {
        return time;
    }

    RandomGenerator random() {
        return random;
    }

    boolean happens(double fraction) {
        return fraction > 0 && random.nextDouble() < fraction;
    }

    long nanosUpTo(long most) {
        return most == 0 ? 0 : random.nextLong(most + 1);
    }

    long latencyNanos() {
        StoreFaults.Latency latency = faults.latency();
        return nanosUpTo(latency.nanosMax()) + (happens(latency.slow()) ? nanosUpTo(latency.slowNanosMax()) : 0);
    }

    /** What requests ask when they have come here. */
    MemoryKeyspace keyspace() {
        return keyspace;
    }

    LeaseGrant grant(long ttlMillis) {
        LeaseGrant granted = keyspace.grant(ttlMillis, nanosUpTo(faults.expiryNanosMax()), time.nanos());
        lookAtExpiries();
        return granted;
    }

    Optional<Long> renew(long leaseId) {
        return keyspace.renew(leaseId, nanosUpTo(faults.expiryNanosMax()), time.nanos());
    }

    /** Leases end also while nobody asks, so that watches call. */
    private void lookAtExpiries() {
        long nextNanos = keyspace.nextExpiryNanos();
        if (nextNanos < expiryLookNanos) {
            expiryLookNanos = nextNanos;
            time.after(nextNanos - time.nanos(), () -> {
                expiryLookNanos = Long.MAX_VALUE;
                keyspace.expire(time.nanos());
                lookAtExpiries();
            });
        }
    }

    void add(SimulatedWatch watch) {
        watches.add(watch);
    }

    void remove(SimulatedWatch watch) {
        watches.remove(watch);
    }

    private void changed(String key) {
        watches.forEach(watch -> watch.changed(key));
    }
}

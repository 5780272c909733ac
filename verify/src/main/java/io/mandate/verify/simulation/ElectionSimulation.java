package io.mandate.verify.simulation;

import io.mandate.election.Term;
import io.mandate.election.store.Entry;
import io.mandate.testkit.PlantedStoreFault;
import io.mandate.testkit.SimulatedStore;
import io.mandate.testkit.StoreFaults;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One election, a few hosts that want to lead it again and again, and everything that may go wrong between them and the
 * store: for a while. Then all is healed and there must be leaders, and at last all leave and nothing may be left.
 *
 * <p>What is promised is checked against the store's truth whenever it could be broken:
 *
 * <ul>
 *   <li>E1: no token is given to two terms, and none to a term whose key is not the election's first.
 *   <li>E2: what a guard of the resource accepts never has a smaller token than before, is not lost, and is done once:
 *       see {@link GuardedWrites}.
 *   <li>E3: while a holder finds time left, its key is in the store, unless somebody took it away.
 *   <li>E4: a term whose deadline has passed is over as soon as its process runs.
 *   <li>E6: no callback runs on the loop; begin and end are told in order, once for each term.
 *   <li>E7: while work runs in a term that is not over, its key is in the store: also when it was asked to resign.
 *   <li>E8: whoever lost its term campaigns again by itself: when all is healed there are leaders.
 * </ul>
 */
public final class ElectionSimulation {
    static final String ELECTION = "billing";
    static final long MILLI = 1_000_000;
    static final Duration TTL = Duration.ofSeconds(1);
    static final double DRIFT_BOUND = 0.02;
    /** Some fifty writes a seed. */
    private static final int LOOKS_PER_WRITE = 16;

    private static final Duration CHAOS = Duration.ofSeconds(15);
    private static final Duration SETTLING = Duration.ofSeconds(10);
    private static final Duration HEALED = Duration.ofSeconds(15);
    private static final Duration LEAVING = Duration.ofSeconds(30);

    private final SplittableRandom random;
    private final PlantedElectionFault mistake;
    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore store;
    private final List<SimulatedHost> hosts = new ArrayList<>();
    private final Set<Long> tokens = new HashSet<>();
    private final Set<Long> takenAway = new HashSet<>();
    private final GuardedWrites writes;
    /**
     * A machine that is suspended, and whose wall clock is set back by as much, knows of neither: no promise covers
     * both at once.
     */
    private final boolean suspends;

    private boolean chaotic = true;
    private @Nullable String broken;
    private long acts;

    /** @param seed the same one gives the same course of events */
    public ElectionSimulation(long seed, PlantedElectionFault mistake) {
        this.random = new SplittableRandom(seed);
        this.mistake = mistake;
        this.suspends = random.nextBoolean();
        this.store = new SimulatedStore(time, random.nextLong());
        this.writes = new GuardedWrites(time, random.split(), LOOKS_PER_WRITE, mistake.guard(), this::violated);
        if (mistake == PlantedElectionFault.TOKENS_USED_AGAIN) {
            store.plant(PlantedStoreFault.CREATIONS_REPEAT);
        }
    }

    /**
     * What became of it.
     *
     * @param broken which promise was broken, and when; null for none
     * @param terms terms that began
     * @param acts looks at a term that had time left
     * @param writes what became of the writes that followed such a look
     */
    record Result(@Nullable String broken, int terms, long acts, GuardedWrites.Counts writes) {}

    /** Runs it to its end. */
    Result run() {
        try (writes) {
            play();
        }
        return new Result(broken, tokens.size(), acts, writes.counts());
    }

    private void play() {
        store.faults(someFaults());
        int count = random.nextInt(2, 5);
        for (int i = 0; i < count; i++) {
            double rate = random.nextDouble(1 - DRIFT_BOUND, 1 + DRIFT_BOUND);
            VirtualScheduler process = new VirtualScheduler(time, "host-" + i, rate);
            SimulatedHost host = new SimulatedHost(this, process, random.split());
            hosts.add(host);
            time.after(nanosUpTo(2_000), host::join);
        }
        time.after(nanosUpTo(1_000), this::mischief);
        time.runFor(CHAOS);
        chaotic = false;
        store.faults(StoreFaults.NONE);
        time.runFor(SETTLING);
        int termsBefore = tokens.size();
        time.runFor(HEALED);
        if (tokens.size() == termsBefore) {
            violated("E8: all is healed, and nobody has led for " + HEALED);
        }
        hosts.forEach(SimulatedHost::leave);
        time.runFor(LEAVING);
        hosts.forEach(SimulatedHost::checkLeft);
        List<Entry> left = store.entries(ELECTION + "/");
        if (!left.isEmpty() || !store.leases().isEmpty()) {
            violated("E7: all have left, and these are still there: " + left + ", leases " + store.leases());
        }
    }

    /** Each kind of fault is there or not, and as often as it likes: what a run lacks lets the others do more. */
    private StoreFaults someFaults() {
        StoreFaults faults = StoreFaults.NONE
                .withLatency(nanosUpTo(random.nextInt(3) == 0 ? 240 : 20))
                .withTimeout(nanosUpTo(2_000) + 200 * MILLI);
        faults = random.nextBoolean() ? faults.withSlow(random.nextDouble(0.2), nanosUpTo(1_500)) : faults;
        faults = random.nextBoolean() ? faults.withLost(random.nextDouble(0.1), random.nextDouble(0.1)) : faults;
        faults = random.nextBoolean()
                ? faults.withLate(random.nextDouble(0.05), random.nextDouble(), nanosUpTo(8_000))
                : faults;
        faults = random.nextBoolean() ? faults.withWatchCallsLost(random.nextDouble(0.5)) : faults;
        return random.nextBoolean() ? faults.withExpiryLate(nanosUpTo(500)) : faults;
    }

    private void mischief() {
        if (!chaotic) {
            return;
        }
        SimulatedHost host = hosts.get(random.nextInt(hosts.size()));
        switch (random.nextInt(14)) {
            case 0, 1 -> host.process().pause(nanosUpTo(3_000));
            case 2 -> {
                if (suspends) {
                    host.process().suspend(nanosUpTo(3_000));
                }
            }
            case 3 -> host.process().setWallForward(nanosUpTo(1_500));
            case 4 -> {
                if (!suspends) {
                    host.process().setWallBack(nanosUpTo(3_000));
                }
            }
            case 5, 6 -> host.connection().partition(Duration.ofNanos(nanosUpTo(3_000)));
            case 7 -> store.goAway(Duration.ofNanos(nanosUpTo(2_500)));
            case 8 -> store.stallWatches(Duration.ofNanos(nanosUpTo(5_000)));
            case 9 -> store.loseWatches();
            case 10 -> revoke();
            case 11 -> delete();
            case 12 -> host.resign();
            default -> {
                // Peace.
            }
        }
        time.after(nanosUpTo(1_200), this::mischief);
    }

    private void revoke() {
        List<Long> leases = store.leases();
        if (!leases.isEmpty() && random.nextInt(3) == 0) {
            long lease = leases.get(random.nextInt(leases.size()));
            store.entries(ELECTION + "/").stream()
                    .filter(entry -> entry.leaseId() == lease)
                    .forEach(entry -> takenAway.add(entry.creation()));
            store.operatorRevokes(lease);
        }
    }

    private void delete() {
        List<Entry> entries = store.entries(ELECTION + "/");
        if (!entries.isEmpty() && random.nextInt(3) == 0) {
            Entry entry = entries.get(random.nextInt(entries.size()));
            takenAway.add(entry.creation());
            store.operatorDeletes(entry.key());
        }
    }

    long nanosUpTo(long millis) {
        return random.nextLong(millis * MILLI + 1);
    }

    PlantedElectionFault mistake() {
        return mistake;
    }

    VirtualTime time() {
        return time;
    }

    SimulatedStore store() {
        return store;
    }

    /** A term has begun on a host. */
    void began(SimulatedHost host, Term term) {
        long token = term.token();
        if (!tokens.add(token)) {
            violated("E1: token " + token + " was given to a second term, of " + host);
        }
        boolean first = store.entries(ELECTION + "/").stream()
                .findFirst()
                .map(entry -> entry.creation() == token)
                .orElse(false);
        if (!first && !takenAway.contains(token) && !term.remaining().isZero()) {
            violated("E1: token " + token + " of " + host + " is not the first in the queue");
        }
    }

    /** A host has found time left in its term, and does something. */
    void acts(SimulatedHost host, Term term) {
        acts++;
        long token = term.token();
        boolean there = store.entries(ELECTION + "/").stream().anyMatch(entry -> entry.creation() == token);
        if (!there && !takenAway.contains(token)) {
            String rule = term.resignRequested().isDone() ? "E7: " : "E3: ";
            violated(rule + host + " acts in term " + token + ", whose key is gone");
        }
        writes.looked(host, ELECTION, term);
    }

    void violated(String what) {
        if (broken == null) {
            broken = "at " + time.nanos() / MILLI + " ms: " + what;
        }
    }
}

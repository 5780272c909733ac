package io.mandate.election;

import io.mandate.election.session.SessionOptions;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.time.Scheduler;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Describes a candidate. Not thread-safe. Every setting is checked by {@link #join}, whose refusal names the setting,
 * its bounds and what to do. What was made keeps its settings when the builder goes on to describe something else.
 */
public final class ElectionBuilder {
    private static final Duration TTL_DEFAULT = Duration.ofSeconds(5);

    private final LeaseStore store;
    private String name = "";
    private String candidate = "";
    private Duration ttl = TTL_DEFAULT;
    private double driftBound = SessionOptions.DRIFT_BOUND_DEFAULT;
    private int priority;
    private Duration drainTimeout = ElectionOptions.DRAIN_TIMEOUT_DEFAULT;
    private boolean releasesOverdue;
    private boolean leavesAtShutdown = true;
    private int historyLength = ElectionOptions.HISTORY_LENGTH_DEFAULT;
    private Executor executor = UserCodeExecutor.OF_THIS_PROCESS;
    private TermListener listener = new TermListener() {};
    private @Nullable Scheduler scheduler;
    private long seed = ThreadLocalRandom.current().nextLong();

    ElectionBuilder(LeaseStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /**
     * What is led: 1 to {@value ElectionOptions#NAME_BYTES_MAX} bytes of UTF-8, printable. Its keys in the store begin
     * with it. Slashes may part it; no part is empty, or begins or ends with a blank.
     */
    public ElectionBuilder name(String election) {
        this.name = Objects.requireNonNull(election, "name");
        return this;
    }

    /**
     * How long a dead leader may go unnoticed: 100 ms to a day, if the store can keep leases as short; by default 5 s.
     * Short ones are lost to short disturbances, for instance to a garbage collection.
     */
    public ElectionBuilder ttl(Duration timeToLive) {
        this.ttl = Objects.requireNonNull(timeToLive, "ttl");
        return this;
    }

    /**
     * What this candidate is called, by people: up to {@value ElectionOptions#CANDIDATE_BYTES_MAX} bytes. By default
     * the host's name and the process' id.
     */
    public ElectionBuilder candidate(String candidateName) {
        this.candidate = Objects.requireNonNull(candidateName, "candidate");
        return this;
    }

    /**
     * How much slower this machine's clocks may run than the store's, as a fraction from 0 to 0.5; by default 0.01, one
     * percent.
     */
    public ElectionBuilder driftBound(double fraction) {
        this.driftBound = fraction;
        return this;
    }

    /**
     * 0, the default, to 100: a leader hands over to a waiting candidate with a higher one, when it next looks, and
     * once its work has drained.
     */
    public ElectionBuilder priority(int rank) {
        this.priority = rank;
        return this;
    }

    /** How long work may take to finish after it was asked to, before it is interrupted; by default 30 s. */
    public ElectionBuilder drainTimeout(Duration timeout) {
        this.drainTimeout = Objects.requireNonNull(timeout, "drainTimeout");
        return this;
    }

    /**
     * Ends the term of work that has not returned when the drain timeout is over, and lets the next one lead: what the
     * work does after that is done in no term, and is the guards' to refuse. By default the election waits until the
     * work has returned, however long that ignores its interruption.
     */
    public ElectionBuilder releaseOverdue() {
        this.releasesOverdue = true;
        return this;
    }

    /**
     * Leaves it to the caller to close the candidate when the JVM shuts down; by default it leaves the election by
     * itself then.
     */
    public ElectionBuilder closedByCallerAtShutdown() {
        this.leavesAtShutdown = false;
        return this;
    }

    /**
     * How many terms of the past are kept in the store, up to {@value ElectionOptions#HISTORY_LENGTH_MAX}; by default
     * 50, and none with 0. A {@link #lock} keeps none.
     */
    public ElectionBuilder historyLength(int terms) {
        this.historyLength = terms;
        return this;
    }

    /**
     * Where work and callbacks run: they may block there, so it needs a thread for each term at work. What it refuses,
     * or would run on the thread that hands it over, runs on a thread that is made for it. An executor of virtual
     * threads is fine. By default threads that are made when needed.
     */
    public ElectionBuilder executor(Executor threads) {
        this.executor = Objects.requireNonNull(threads, "executor");
        return this;
    }

    /** Told what becomes of the terms; by default nobody is. */
    public ElectionBuilder listener(TermListener termListener) {
        this.listener = Objects.requireNonNull(termListener, "listener");
        return this;
    }

    /**
     * For tests that own time: the loop and clocks in place of the real ones, for all elections on this store, and the
     * seed of what is random.
     */
    public ElectionBuilder scheduler(Scheduler loop, long randomSeed) {
        this.scheduler = Objects.requireNonNull(loop, "scheduler");
        this.seed = randomSeed;
        return this;
    }

    /**
     * Makes the candidate. It does not campaign before it is told to.
     *
     * @throws IllegalArgumentException if a setting is out of its bounds, or the store cannot hold an election safely
     */
    public Election join() {
        return new Election(settings());
    }

    /**
     * Makes a lock of that name instead of one candidate: see {@link DistributedLock}. Refuses as {@link #join} does.
     */
    public DistributedLock lock() {
        return new DistributedLock(settings().withoutHistory());
    }

    private ElectionSettings settings() {
        String who = candidate.isEmpty() ? hostAndProcess() : candidate;
        return new ElectionSettings(
                store,
                SessionOptions.of(ttl, driftBound),
                new ElectionOptions(
                        name, who, priority, drainTimeout, releasesOverdue, historyLength, leavesAtShutdown),
                new UserCodeExecutor(executor),
                listener,
                scheduler,
                seed);
    }

    private static String hostAndProcess() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            host = "unknown-host";
        }
        return host + "-" + ProcessHandle.current().pid();
    }
}

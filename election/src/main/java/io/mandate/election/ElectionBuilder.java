package io.mandate.election;

import io.mandate.election.internal.BuilderAccess;
import io.mandate.election.internal.driver.ElectionOptions;
import io.mandate.election.internal.driver.ElectionSettings;
import io.mandate.election.internal.driver.UserCodeExecutor;
import io.mandate.election.internal.session.SessionOptions;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.LeaseStore;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Describes a candidate. Not thread-safe. {@link #join} checks every setting; its refusal names the setting, its bounds
 * and what to do. A candidate keeps its settings when the builder is used again.
 */
public final class ElectionBuilder {
    static {
        BuilderAccess.register(ElectionBuilder.class, ElectionBuilder::clocks);
    }

    private static final Duration TTL_DEFAULT = Duration.ofSeconds(5);

    private final LeaseStore store;
    private String name = "";
    private String candidate = "";
    private Duration ttl = TTL_DEFAULT;
    private double driftBound = SessionOptions.DRIFT_BOUND_DEFAULT;
    private int priority;
    private Duration drainTimeout = ElectionOptions.DRAIN_TIMEOUT_DEFAULT;
    private boolean releasesWhenDrainTimesOut;
    private boolean shutdownHook = true;
    private int historyLength = ElectionOptions.HISTORY_LENGTH_DEFAULT;
    private Executor executor = UserCodeExecutor.shared();
    private TermListener listener = new TermListener() {};
    private @Nullable Scheduler scheduler;
    private long seed = ThreadLocalRandom.current().nextLong();

    ElectionBuilder(LeaseStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /**
     * The name of the election: 1 to {@value ElectionOptions#NAME_BYTES_MAX} bytes of UTF-8, printable. Its keys in the
     * store begin with it. Slashes may separate parts; no part is empty, or begins or ends with a blank.
     */
    public ElectionBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * The time to live of the lease, which bounds how long the death of a leader goes unnoticed: 100 ms to a day, if
     * the store can keep leases as short; by default 5 s. A short one is lost to a short disturbance, for instance to a
     * garbage collection.
     */
    public ElectionBuilder ttl(Duration ttl) {
        this.ttl = Objects.requireNonNull(ttl, "ttl");
        return this;
    }

    /**
     * The name of this candidate, for people: up to {@value ElectionOptions#CANDIDATE_BYTES_MAX} bytes. By default the
     * host's name and the process' id.
     */
    public ElectionBuilder candidate(String candidate) {
        this.candidate = Objects.requireNonNull(candidate, "candidate");
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
     * The priority of this candidate, 0, the default, to 100: a leader hands over to a waiting candidate with a higher
     * one, at its next poll and once its work has drained.
     */
    public ElectionBuilder priority(int priority) {
        this.priority = priority;
        return this;
    }

    /** How long work may take to finish after it was asked to, before it is interrupted; by default 30 s. */
    public ElectionBuilder drainTimeout(Duration timeout) {
        this.drainTimeout = Objects.requireNonNull(timeout, "drainTimeout");
        return this;
    }

    /**
     * Ends the term of work that has not returned after the drain timeout, and lets the next candidate lead: guards
     * must refuse what the work does after that. By default the election waits until the work has returned, however
     * long that ignores its interruption.
     */
    public ElectionBuilder releaseWhenDrainTimesOut() {
        this.releasesWhenDrainTimesOut = true;
        return this;
    }

    /**
     * Whether the candidate leaves the election by itself when the JVM shuts down; by default it does. With false, the
     * caller closes it.
     */
    public ElectionBuilder shutdownHook(boolean enabled) {
        this.shutdownHook = enabled;
        return this;
    }

    /**
     * How many past terms the store keeps, up to {@value ElectionOptions#HISTORY_LENGTH_MAX}; by default 50, and none
     * with 0. A {@link #lock} keeps none.
     */
    public ElectionBuilder historyLength(int terms) {
        this.historyLength = terms;
        return this;
    }

    /**
     * Where work and callbacks run: they may block there, so it needs a thread for each term at work. A task that it
     * rejects, or would run on the calling thread, runs on a new thread. An executor of virtual threads is fine. By
     * default threads are created when needed.
     */
    public ElectionBuilder executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /** Is notified of the begin and the end of terms; none by default. */
    public ElectionBuilder listener(TermListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /** For the test kit: a loop and clocks instead of the machine's, and the seed of random choices. */
    ElectionBuilder clocks(Scheduler loop, long randomSeed) {
        this.scheduler = Objects.requireNonNull(loop, "scheduler");
        this.seed = randomSeed;
        return this;
    }

    /**
     * Makes the candidate. It campaigns only when one of its methods says so.
     *
     * @throws IllegalArgumentException if a setting is out of its bounds, or the store cannot hold an election safely
     */
    public Election join() {
        return new Election(settings());
    }

    /** Makes a lock of that name instead of a candidate. Refuses as {@link #join} does. */
    public DistributedLock lock() {
        return new DistributedLock(settings().withoutHistory());
    }

    private ElectionSettings settings() {
        String candidateName = candidate.isEmpty() ? hostAndProcess() : candidate;
        return new ElectionSettings(
                store,
                SessionOptions.of(ttl, driftBound),
                new ElectionOptions(
                        name,
                        candidateName,
                        priority,
                        drainTimeout,
                        releasesWhenDrainTimesOut,
                        historyLength,
                        shutdownHook),
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

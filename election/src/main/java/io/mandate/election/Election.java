package io.mandate.election;

import io.mandate.election.internal.driver.ElectionDriver;
import io.mandate.election.internal.driver.ElectionSettings;
import io.mandate.election.internal.driver.WorkCampaign;
import io.mandate.election.store.LeaseStore;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One candidate of an election: a name in a store that at most one candidate leads at a time.
 *
 * <pre>{@code
 * try (Election election = Election.on(store).name("billing").ttl(Duration.ofSeconds(2)).candidate("host-7").join()) {
 *     election.runWhileLeading(term -> {
 *         term.requireValid(Duration.ofMillis(50));
 *         guard.write(term, "invoice-2026-11", connection -> ...);
 *     });
 * }
 * }</pre>
 *
 * <p>"At a time" is by the store's clock and by the candidate's own, which ends a term before the store does. A process
 * that is paused does not look at its clock: what it does when it wakes is what guards are for.
 *
 * <p>All elections of a process on one store and with one time to live share a lease, the thread that renews it, and
 * nothing else. A candidate that loses its term for any reason campaigns again by itself as long as its work is not
 * done. Thread-safe.
 */
public final class Election implements AutoCloseable {
    private final ElectionDriver driver;

    Election(ElectionSettings settings) {
        this.driver = new ElectionDriver(settings);
    }

    /** Begins to describe a candidate for an election held on a store. */
    public static ElectionBuilder on(LeaseStore store) {
        return new ElectionBuilder(store);
    }

    /** The name of the election. */
    public String name() {
        return driver.options().name();
    }

    /** The name of this candidate. */
    public String candidate() {
        return driver.options().candidate();
    }

    /**
     * Waits to lead, runs the work on a thread of its own, releases, and returns the result of the work. If the term
     * ends early the work is interrupted, and runs again in the next term, until it returns within one.
     *
     * @throws InterruptedException if the calling thread was interrupted: the work has been interrupted too, and has
     *     returned
     * @throws CandidateClosedException if the candidate resigned or was closed before the work was done
     * @throws WorkFailedException if the work failed within its term; the cause is what it threw
     * @throws IllegalStateException if this candidate campaigns already, or is closed
     */
    public <T extends @Nullable Object> T whileLeading(TermWork<T> work) throws InterruptedException {
        WorkCampaign<T> campaign = driver.work(Objects.requireNonNull(work, "work"));
        try {
            return campaign.result().get();
        } catch (InterruptedException interrupted) {
            campaign.abandon();
            campaign.left().join();
            throw interrupted;
        } catch (CancellationException left) {
            throw new CandidateClosedException(
                    "candidate " + candidate() + " left election " + name()
                            + " before its work was done: it resigned or" + " was closed",
                    left);
        } catch (ExecutionException failed) {
            throw new WorkFailedException(name(), Objects.requireNonNull(failed.getCause()));
        }
    }

    /** As {@link #whileLeading}, for work without a result. */
    public void runWhileLeading(TermAction work) throws InterruptedException {
        whileLeading(withoutResult(work));
    }

    /**
     * As {@link #whileLeading}, without waiting: the future completes when the election has been released. It fails
     * with what the work threw, or with a {@link CancellationException} if the candidate resigned or was closed before
     * the work was done. Cancelling it interrupts the work.
     */
    public <T extends @Nullable Object> CompletableFuture<T> whileLeadingAsync(TermWork<T> work) {
        return driver.work(Objects.requireNonNull(work, "work")).result();
    }

    /** As {@link #whileLeadingAsync}, for work without a result. */
    public CompletableFuture<@Nullable Void> runWhileLeadingAsync(TermAction work) {
        return whileLeadingAsync(withoutResult(work));
    }

    @SuppressWarnings("NullAway") // It does not know that this type argument is nullable.
    private static TermWork<@Nullable Void> withoutResult(TermAction work) {
        Objects.requireNonNull(work, "work");
        return term -> {
            work.run(term);
            return null;
        };
    }

    /**
     * Campaigns for a term that the caller holds until it is closed, without a thread. Cancelling the future ends the
     * campaign, as does anything else that completes it, such as {@code orTimeout}. A caller that stops waiting for the
     * future without completing it, as {@code get} with a time-out does, is still a candidate until it cancels, resigns
     * or closes. A term that has begun by then, and whose {@link Leadership} was not taken out of the future, is
     * released.
     *
     * @return fails with a {@link CancellationException} if the candidate resigned or was closed before it led
     * @throws IllegalStateException if this candidate campaigns already, or is closed
     */
    public CompletableFuture<Leadership> lead() {
        return driver.hold(true, Leadership::new).result();
    }

    /**
     * As {@link #lead}, but gives up, failing with a {@link CancellationException}, instead of waiting behind other
     * candidates.
     */
    public CompletableFuture<Leadership> leadIfFree() {
        return driver.hold(false, Leadership::new).result();
    }

    /**
     * Begins to describe work that runs by the clock whenever this candidate leads, as in
     * {@code election.schedule(Schedule.cron("0 3 * * *", zone)).start(work)}. It campaigns until it is closed, also
     * after {@link #resign}, which puts it behind the other candidates.
     */
    public ScheduleBuilder schedule(Schedule schedule) {
        return new ScheduleBuilder(driver.schedules(), schedule);
    }

    /**
     * Asks the work that runs to finish ({@link Term#resignRequested}; it is interrupted after the drain timeout), and
     * leaves the election when it has returned, so that the next candidate may lead at once. A term whose
     * {@link Leadership} was not taken out of the future of {@link #lead} is released at once. May campaign again
     * later.
     *
     * @return completes when the candidate has left. The work itself may resign, but not wait for that: then
     *     {@code get} and {@code join} fail with an {@link IllegalStateException}
     */
    public CompletableFuture<Void> resign() {
        return driver.resign();
    }

    /** The present leader, by a linearizable read; empty if there is none. */
    public CompletableFuture<Optional<Leader>> leader() {
        return driver.leader();
    }

    /**
     * The names of the candidates, the leader first and the others in the order in which they will lead; at most
     * {@value LeaseStore#LIST_MAX}.
     */
    public CompletableFuture<List<String>> candidates() {
        return driver.candidates();
    }

    /**
     * Reports the leader to the observer, now and whenever it changes, until closed. Calls come one at a time, on
     * worker threads.
     */
    public LeaderObservation observe(Consumer<Optional<Leader>> observer) {
        return new LeaderObservation(driver.observe(Objects.requireNonNull(observer, "observer")));
    }

    /** The last terms of this election, of all candidates, the latest first. */
    public CompletableFuture<List<TermRecord>> history() {
        return driver.history();
    }

    /** The state of this candidate, for health checks: not to act upon. */
    public ElectionHealth health() {
        return driver.health();
    }

    /** As {@link #close}, without waiting: the work itself may call it, if it does not wait for the future. */
    public CompletableFuture<Void> closeAsync() {
        return driver.closeAsync();
    }

    /**
     * Leaves the election as {@link #resign} does, and waits: for work as long as that runs; for a {@link Leadership}
     * that was taken as long as the drain timeout, after which its term is ended; and for the history to be written, a
     * second at most. The last candidate of the process to close gives the lease back. Harmless when repeated.
     *
     * @throws IllegalStateException if this candidate's own work calls it, which would wait for itself; nothing is
     *     closed then
     */
    @Override
    public void close() {
        driver.requireOtherThread("close()");
        closeAsync().join();
    }
}

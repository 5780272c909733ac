package io.mandate.election.internal.driver;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.session.Session;
import io.mandate.election.internal.session.SessionEffect;
import io.mandate.election.internal.session.SessionEvent;
import io.mandate.election.internal.session.SessionOptions;
import io.mandate.election.internal.store.BatchingStore;
import io.mandate.election.internal.time.Moment;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one loop of a process for a store: it drives the session, whose lease all candidates share, and hands the loop to
 * them. What they ask the store in one turn is sent together. Everything here runs on the loop unless it says
 * otherwise; nothing that runs on it waits, and no code of users runs on it.
 */
final class StoreLoop {
    private static final Logger LOG = LoggerFactory.getLogger(StoreLoop.class);

    private final LeaseStore store;
    private final LeaseStore historyStore;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final SessionOptions options;
    private final Session session;
    private final MachineDriver<SessionEvent, SessionEffect> driver;
    private final Set<Candidate> candidates = new LinkedHashSet<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private @Nullable HeldLease lease;
    private boolean storeAnswers = true;
    private volatile String lastFailure = "";

    StoreLoop(LeaseStore store, SessionOptions options, Scheduler scheduler, long seed) {
        this.store = new BatchingStore(store, scheduler);
        this.historyStore = new BatchingStore(store, scheduler);
        this.scheduler = scheduler;
        this.random = new SplittableRandom(seed);
        this.options = options;
        this.session = new Session(options, random);
        SessionEffect.Handler effects = new Effects();
        this.driver = new MachineDriver<>(scheduler, scheduler::now, session::on, effect -> effect.accept(effects));
    }

    LeaseStore store() {
        return store;
    }

    /** The same, so that what elections wait for does not wait for histories that are being written. */
    LeaseStore historyStore() {
        return historyStore;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    RandomGenerator random() {
        return random;
    }

    /** What the store last failed with; empty if it answered since. From any thread. */
    String lastFailure() {
        return lastFailure;
    }

    /** Gives a candidate the lease: now if there is one, and whenever there is. */
    void enrol(Candidate candidate) {
        checkDeadline();
        if (candidates.add(candidate)) {
            if (lease == null) {
                on(new SessionEvent.Open());
            } else {
                candidate.leaseBegan(lease);
            }
        }
    }

    void discharge(Candidate candidate) {
        candidates.remove(candidate);
    }

    /**
     * Ends a lease whose deadline has passed, so that every decision after this is made without it.
     *
     * @return the time of the check
     */
    Moment checkDeadline() {
        Moment now = scheduler.now();
        if (lease != null && lease.deadline().hasPassed(now)) {
            on(new SessionEvent.Tick());
        }
        return now;
    }

    private void on(SessionEvent event) {
        Moment now = driver.on(event);
        if (lease != null) {
            // Not before: a lease that has ended in a pause has ended by now.
            lease.turned(now);
        }
    }

    private final class Effects implements SessionEffect.Handler {
        @Override
        public void grant(SessionEffect.Grant effect) {
            long attempt = effect.attempt();
            ask(
                    store.grant(effect.ttlMillis()),
                    (granted, failure) -> on(
                            granted == null
                                    ? new SessionEvent.Failed(attempt)
                                    : new SessionEvent.Granted(attempt, granted.leaseId(), granted.ttlMillis())));
        }

        @Override
        public void renew(SessionEffect.Renew effect) {
            long attempt = effect.attempt();
            ask(
                    store.renew(effect.leaseId()),
                    (ttl, failure) -> on(
                            ttl == null
                                    ? new SessionEvent.Failed(attempt)
                                    : ttl.<SessionEvent>map(millis -> new SessionEvent.Renewed(attempt, millis))
                                            .orElseGet(() -> new SessionEvent.NotFound(attempt))));
        }

        @Override
        public void revoke(SessionEffect.Revoke effect) {
            ask(store.revoke(effect.leaseId()), (done, failure) -> revoked());
        }

        @Override
        public void began(SessionEffect.Began effect) {
            HeldLease begun =
                    new HeldLease(effect.leaseId(), effect.deadline(), scheduler.now(), options.standstillNanos());
            lease = begun;
            LOG.debug(
                    "lease-began lease={} store=\"{}\"",
                    Long.toHexString(effect.leaseId()),
                    store.guarantees().store());
            everyCandidate().forEach(candidate -> candidate.leaseBegan(begun));
        }

        @Override
        public void extended(SessionEffect.Extended effect) {
            Objects.requireNonNull(lease, "only what is held is extended").extend(effect.deadline());
        }

        @Override
        public void endangered(SessionEffect.Endangered effect) {
            Objects.requireNonNull(lease, "only what is held is endangered").endanger();
            LOG.warn(
                    "lease-endangered store=\"{}\" remaining-millis={} cause=\"{}\"",
                    store.guarantees().store(),
                    effect.remainingNanos() / 1_000_000,
                    lastFailure.isEmpty() ? "no answer to the renewals yet" : lastFailure);
            Duration remaining = Duration.ofNanos(Math.max(0, effect.remainingNanos()));
            everyCandidate().forEach(candidate -> candidate.endangered(remaining));
        }

        @Override
        public void ended(SessionEffect.Ended effect) {
            lease = null;
            if (effect.why() != TermEnd.RESIGNED) {
                LOG.warn(
                        "lease-ended store=\"{}\" lease={} why={}",
                        store.guarantees().store(),
                        Long.toHexString(effect.leaseId()),
                        effect.why());
            }
            everyCandidate().forEach(candidate -> candidate.leaseEnded(effect.why()));
        }

        @Override
        public void wakeAt(SessionEffect.WakeAt effect) {
            driver.wakeAt(effect.when(), () -> on(new SessionEvent.Tick()));
        }
    }

    /** A copy: notifying a candidate may add or remove candidates. */
    private List<Candidate> everyCandidate() {
        return new ArrayList<>(candidates);
    }

    /**
     * Handles what the store answers on the loop.
     *
     * @param answered gets the answer, or null and a failure
     */
    <A> void ask(CompletionStage<A> answer, BiConsumer<@Nullable A, @Nullable Throwable> answered) {
        answer.whenComplete((value, failure) -> scheduler.execute(() -> {
            noteAnswer(failure);
            answered.accept(failure == null ? value : null, failure);
        }));
    }

    /** Says once that the store does not answer, and once that it does again. */
    private void noteAnswer(@Nullable Throwable failure) {
        if (failure == null) {
            if (!storeAnswers) {
                LOG.info("store-answers-again store=\"{}\"", store.guarantees().store());
            }
            storeAnswers = true;
            lastFailure = "";
            return;
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        lastFailure = String.valueOf(cause.getMessage());
        if (!(cause instanceof StoreException)) {
            LOG.error("store-adapter-failed store=\"{}\"", store.guarantees().store(), cause);
        } else if (storeAnswers) {
            LOG.warn(
                    "store-does-not-answer store=\"{}\" cause=\"{}\"",
                    store.guarantees().store(),
                    lastFailure);
            storeAnswers = false;
        }
    }

    /** Gives the lease back. The loop ends when the store has heard of it, or did not answer. From any thread. */
    CompletableFuture<Void> close() {
        scheduler.execute(() -> {
            boolean hadLease = lease != null;
            on(new SessionEvent.Close());
            driver.stop();
            if (!hadLease) {
                end();
            }
        });
        return closed;
    }

    private void revoked() {
        if (session.isClosed()) {
            end();
        }
    }

    private void end() {
        scheduler.close();
        closed.complete(null);
    }
}

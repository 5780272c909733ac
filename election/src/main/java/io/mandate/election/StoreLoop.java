package io.mandate.election;

import io.mandate.election.session.Session;
import io.mandate.election.session.SessionEffect;
import io.mandate.election.session.SessionEvent;
import io.mandate.election.session.SessionOptions;
import io.mandate.election.session.TermEnd;
import io.mandate.election.store.BatchingStore;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.time.Moment;
import io.mandate.election.time.Scheduler;
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
    private final Set<Candidate> candidates = new LinkedHashSet<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private @Nullable HeldLease lease;
    private Scheduler.@Nullable Timer wake;
    private boolean storeAnswers = true;
    private volatile String lastFailure = "";

    StoreLoop(LeaseStore store, SessionOptions options, Scheduler scheduler, long seed) {
        this.store = new BatchingStore(store, scheduler);
        this.historyStore = new BatchingStore(store, scheduler);
        this.scheduler = scheduler;
        this.random = new SplittableRandom(seed);
        this.options = options;
        this.session = new Session(options, random);
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
        settle();
        if (candidates.add(candidate)) {
            if (lease == null) {
                tell(new SessionEvent.Open());
            } else {
                candidate.leaseBegan(lease);
            }
        }
    }

    void discharge(Candidate candidate) {
        candidates.remove(candidate);
    }

    /**
     * Notices a lease whose deadline has passed before anything else is decided.
     *
     * @return the time, for what is decided next
     */
    Moment settle() {
        Moment now = scheduler.now();
        if (lease != null && lease.deadline().hasPassed(now)) {
            tell(new SessionEvent.Tick());
        }
        return now;
    }

    private void tell(SessionEvent event) {
        Moment now = scheduler.now();
        for (SessionEffect effect : session.on(event, now)) {
            carryOut(effect);
        }
        if (lease != null) {
            // Not before: a lease that has ended in a pause has ended by now.
            lease.turned(now);
        }
    }

    private void carryOut(SessionEffect effect) {
        if (effect instanceof SessionEffect.Grant grant) {
            long attempt = grant.attempt();
            ask(
                    store.grant(grant.ttlMillis()),
                    (granted, failure) -> tell(
                            granted == null
                                    ? new SessionEvent.Failed(attempt)
                                    : new SessionEvent.Granted(attempt, granted.leaseId(), granted.ttlMillis())));
        } else if (effect instanceof SessionEffect.Renew renew) {
            long attempt = renew.attempt();
            ask(
                    store.renew(renew.leaseId()),
                    (ttl, failure) -> tell(
                            ttl == null
                                    ? new SessionEvent.Failed(attempt)
                                    : ttl.<SessionEvent>map(millis -> new SessionEvent.Renewed(attempt, millis))
                                            .orElseGet(() -> new SessionEvent.Gone(attempt))));
        } else if (effect instanceof SessionEffect.Revoke revoke) {
            ask(store.revoke(revoke.leaseId()), (done, failure) -> revoked());
        } else if (effect instanceof SessionEffect.Began began) {
            began(began);
        } else if (effect instanceof SessionEffect.Extended extended) {
            Objects.requireNonNull(lease, "only what is held is extended").extend(extended.deadline());
        } else if (effect instanceof SessionEffect.Endangered endangered) {
            endangered(endangered);
        } else if (effect instanceof SessionEffect.Ended ended) {
            ended(ended);
        } else if (effect instanceof SessionEffect.WakeAt wakeAt) {
            wakeAt(wakeAt.when());
        } else {
            throw new AssertionError("unknown: " + effect);
        }
    }

    private void began(SessionEffect.Began began) {
        HeldLease begun = new HeldLease(began.leaseId(), began.deadline(), scheduler.now(), options.standstillNanos());
        lease = begun;
        LOG.debug(
                "lease-began lease={} store=\"{}\"",
                Long.toHexString(began.leaseId()),
                store.guarantees().store());
        everyCandidate().forEach(candidate -> candidate.leaseBegan(begun));
    }

    private void endangered(SessionEffect.Endangered endangered) {
        Objects.requireNonNull(lease, "only what is held is endangered").endanger();
        LOG.warn(
                "lease-endangered store=\"{}\" remaining-millis={} cause=\"{}\"",
                store.guarantees().store(),
                endangered.remainingNanos() / 1_000_000,
                lastFailure.isEmpty() ? "no answer to the renewals yet" : lastFailure);
        Duration remaining = Duration.ofNanos(Math.max(0, endangered.remainingNanos()));
        everyCandidate().forEach(candidate -> candidate.endangered(remaining));
    }

    private void ended(SessionEffect.Ended ended) {
        lease = null;
        if (ended.why() != TermEnd.RESIGNED) {
            LOG.warn(
                    "lease-ended store=\"{}\" lease={} why={}",
                    store.guarantees().store(),
                    Long.toHexString(ended.leaseId()),
                    ended.why());
        }
        everyCandidate().forEach(candidate -> candidate.leaseEnded(ended.why()));
    }

    /** As they are now: what they are told may make them come or go. */
    private List<Candidate> everyCandidate() {
        return new ArrayList<>(candidates);
    }

    private void wakeAt(Moment when) {
        if (wake != null) {
            wake.cancel();
        }
        wake = scheduler.schedule(when.nanosSince(scheduler.now()), () -> tell(new SessionEvent.Tick()));
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
            tell(new SessionEvent.Close());
            if (wake != null) {
                wake.cancel();
            }
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

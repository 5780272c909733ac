package io.mandate.election;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A campaign for a term that is handed to whoever asked for it.
 *
 * <p>Whoever asked may have given up waiting just when the term begins: then the future has it, and nobody else. So the
 * future notes whether somebody took the term out of it, and what nobody took is given back when the candidate resigns
 * or is closed, or the future is cancelled. Taking and giving back exclude each other.
 */
final class HeldCampaign extends Campaign {
    private static final Logger LOG = LoggerFactory.getLogger(HeldCampaign.class);

    private enum Hands {
        /** The term has not begun, or lies in the future. */
        NOBODY,
        /** Whoever has it says when nothing happens under it any more. */
        TAKEN,
        WITHDRAWN
    }

    private final Candidate candidate;
    private final AtomicReference<Hands> hands = new AtomicReference<>(Hands.NOBODY);
    private final Result result = new Result();
    private @Nullable HeldTerm term;
    private volatile @Nullable Leadership leadership;
    private volatile boolean told;

    HeldCampaign(Candidate candidate) {
        super(candidate.threads());
        this.candidate = candidate;
        result.onCompletion(() -> {
            // By whoever asked: cancelled, or timed out.
            if (leadership == null && !told) {
                withdraw();
                candidate.abandon(this);
            }
        });
    }

    CompletableFuture<Leadership> result() {
        return result;
    }

    @Override
    void began(HeldTerm held) {
        term = held;
        AtomicBoolean released = new AtomicBoolean();
        Leadership begun = new Leadership(
                held,
                this::take,
                () -> {
                    if (released.compareAndSet(false, true)) {
                        candidate.workReturned(true);
                    }
                },
                left());
        candidate.workers().execute(() -> hand(begun));
    }

    private void hand(Leadership begun) {
        leadership = begun;
        if (result.isFollowed()) {
            take();
        }
        if (hands.get() == Hands.WITHDRAWN || !result.complete(begun)) {
            begun.release();
        }
    }

    /** Whether somebody has the term, or had it. */
    boolean isTaken() {
        return hands.get() == Hands.TAKEN;
    }

    /** False if it was given back before. */
    private boolean take() {
        return hands.compareAndSet(Hands.NOBODY, Hands.TAKEN) || hands.get() == Hands.TAKEN;
    }

    @Override
    void withdraw() {
        if (!hands.compareAndSet(Hands.NOBODY, Hands.WITHDRAWN)) {
            return;
        }
        Leadership untaken = leadership;
        if (untaken != null) {
            result.obtrudeException(withdrawn());
            untaken.release();
        }
    }

    private static CancellationException withdrawn() {
        return new CancellationException("the candidate left the election before its lead was taken");
    }

    @Override
    void ended() {
        // The holder looks at the term, and closes.
    }

    @Override
    void drainOverdue() {
        // There is no thread to interrupt.
    }

    @Override
    void closeOverdue() {
        HeldTerm kept = term;
        if (kept != null) {
            LOG.warn(
                    "leadership-not-closed election={} token={} remedy=\"close it before the candidate, also if lost\"",
                    kept.election(),
                    kept.token());
            candidate.giveUpWork();
        }
    }

    @Override
    void tell() {
        told = true;
        result.completeExceptionally(new CancellationException("the candidate left the election before it led"));
    }

    /** Knows whether somebody took the term out of it. */
    private final class Result extends CompletableFuture<Leadership> {
        private volatile boolean followed;
        private volatile @Nullable Thread following;

        /** Whether something is done with the term as soon as it is there. */
        boolean isFollowed() {
            return followed;
        }

        void onCompletion(Runnable action) {
            unfollowed(() -> whenComplete((handed, failure) -> action.run()));
        }

        /** Adds what takes nothing out. */
        private synchronized void unfollowed(Runnable addition) {
            following = Thread.currentThread();
            addition.run();
            following = null;
        }

        private void follow() {
            if (following != Thread.currentThread()) {
                followed = true;
                if (leadership != null) {
                    take();
                }
            }
        }

        /** What whoever asked has put into it instead is his own. */
        private Leadership taken(Leadership handed) {
            if (handed != null && handed == leadership && !take()) {
                throw withdrawn();
            }
            return handed;
        }

        @Override
        public Leadership get() throws InterruptedException, ExecutionException {
            return taken(super.get());
        }

        @Override
        public Leadership get(long timeout, TimeUnit unit)
                throws InterruptedException, ExecutionException, TimeoutException {
            return taken(super.get(timeout, unit));
        }

        @Override
        public Leadership join() {
            return taken(super.join());
        }

        @Override
        public Leadership getNow(Leadership ifAbsent) {
            return isDone() ? join() : ifAbsent;
        }

        /** Overrides what futures have from Java 19 on, which looks past {@link #get}. */
        @SuppressWarnings({"UnusedMethod", "EffectivelyPrivate"})
        public Leadership resultNow() {
            if (!isDone() || isCompletedExceptionally()) {
                throw new IllegalStateException("the candidate does not lead");
            }
            return join();
        }

        /** Also of a term that is there already, if nobody took it. */
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            if (!super.cancel(mayInterruptIfRunning)) {
                withdraw();
            }
            return isCancelled();
        }

        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            follow();
            return new CompletableFuture<>();
        }

        @Override
        public CompletionStage<Leadership> minimalCompletionStage() {
            follow();
            return super.minimalCompletionStage();
        }

        @Override
        public CompletableFuture<Leadership> orTimeout(long timeout, TimeUnit unit) {
            unfollowed(() -> super.orTimeout(timeout, unit));
            return this;
        }

        @Override
        public CompletableFuture<Leadership> completeOnTimeout(Leadership value, long timeout, TimeUnit unit) {
            unfollowed(() -> super.completeOnTimeout(value, timeout, unit));
            return this;
        }
    }
}

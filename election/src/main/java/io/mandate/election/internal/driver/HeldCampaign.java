package io.mandate.election.internal.driver;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A campaign for a term that the caller gets as a handle, from a future.
 *
 * <p>The caller may have stopped waiting just when the term begins: then only the future has the handle. So the future
 * records whether the handle was taken out of it, and a handle that was not taken is released when the candidate
 * resigns or is closed, or when the future is cancelled. Taking and withdrawing exclude each other.
 *
 * @param <H> the handle of the term
 */
public final class HeldCampaign<H> extends Campaign {
    private static final Logger LOG = LoggerFactory.getLogger(HeldCampaign.class);

    private enum Custody {
        /** The term has not begun, or its handle is still in the future. */
        FUTURE,
        /** The caller has the handle and releases it. */
        CALLER,
        WITHDRAWN
    }

    private final Candidate candidate;
    private final Function<Holding, H> handles;
    private final AtomicReference<Custody> custody = new AtomicReference<>(Custody.FUTURE);
    private final Result result = new Result();
    private @Nullable HeldTerm term;
    private volatile @Nullable H handle;
    private volatile @Nullable Holding holding;
    private volatile boolean completed;

    /** @param handles makes the handle of a term */
    HeldCampaign(Candidate candidate, Function<Holding, H> handles) {
        super(candidate.threads());
        this.candidate = candidate;
        this.handles = handles;
        result.onCompletion(() -> {
            // By the caller: cancelled, or timed out.
            if (holding == null && !completed) {
                withdraw();
                candidate.abandon(this);
            }
        });
    }

    /** The handle of the term. Completing it in another way, as by cancelling, ends the campaign. */
    public CompletableFuture<H> result() {
        return result;
    }

    @Override
    void began(HeldTerm held) {
        term = held;
        AtomicBoolean released = new AtomicBoolean();
        Holding begun = new Holding(
                held,
                this::take,
                () -> {
                    if (released.compareAndSet(false, true)) {
                        candidate.workReturned(true);
                    }
                },
                left());
        candidate.workers().execute(() -> deliver(begun));
    }

    private void deliver(Holding begun) {
        H made = handles.apply(begun);
        handle = made;
        holding = begun;
        if (result.isFollowed()) {
            take();
        }
        if (custody.get() == Custody.WITHDRAWN || !result.complete(made)) {
            begun.release();
        }
    }

    /** Whether the caller has the term, or had it. */
    boolean isTaken() {
        return custody.get() == Custody.CALLER;
    }

    /** False if it was withdrawn before. */
    private boolean take() {
        return custody.compareAndSet(Custody.FUTURE, Custody.CALLER) || custody.get() == Custody.CALLER;
    }

    @Override
    void withdraw() {
        if (!custody.compareAndSet(Custody.FUTURE, Custody.WITHDRAWN)) {
            return;
        }
        Holding untaken = holding;
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
    void complete() {
        completed = true;
        result.completeExceptionally(new CancellationException("the candidate left the election before it led"));
    }

    /** Records whether the handle was taken out of it. */
    private final class Result extends CompletableFuture<H> {
        private volatile boolean followed;
        private volatile @Nullable Thread following;

        /** Whether the caller has attached a stage that takes the handle as soon as it is there. */
        boolean isFollowed() {
            return followed;
        }

        void onCompletion(Runnable action) {
            unfollowed(() -> whenComplete((delivered, failure) -> action.run()));
        }

        /** Adds a stage that takes nothing out. */
        private synchronized void unfollowed(Runnable addition) {
            following = Thread.currentThread();
            addition.run();
            following = null;
        }

        private void follow() {
            if (following != Thread.currentThread()) {
                followed = true;
                if (holding != null) {
                    take();
                }
            }
        }

        /** A value that the caller completed the future with instead is returned as it is. */
        private H taken(H delivered) {
            if (delivered != null && delivered == handle && !take()) {
                throw withdrawn();
            }
            return delivered;
        }

        @Override
        public H get() throws InterruptedException, ExecutionException {
            return taken(super.get());
        }

        @Override
        public H get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
            return taken(super.get(timeout, unit));
        }

        @Override
        public H join() {
            return taken(super.join());
        }

        @Override
        public H getNow(H ifAbsent) {
            return isDone() ? join() : ifAbsent;
        }

        /** Overrides what futures have from Java 19 on, which looks past {@link #get}. */
        @SuppressWarnings({"UnusedMethod", "EffectivelyPrivate"})
        public H resultNow() {
            if (!isDone() || isCompletedExceptionally()) {
                throw new IllegalStateException("the candidate does not lead");
            }
            return join();
        }

        /** Also releases a term that has begun already, if its handle was not taken. */
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
        public CompletionStage<H> minimalCompletionStage() {
            follow();
            return super.minimalCompletionStage();
        }

        @Override
        public CompletableFuture<H> orTimeout(long timeout, TimeUnit unit) {
            unfollowed(() -> super.orTimeout(timeout, unit));
            return this;
        }

        @Override
        public CompletableFuture<H> completeOnTimeout(H value, long timeout, TimeUnit unit) {
            unfollowed(() -> super.completeOnTimeout(value, timeout, unit));
            return this;
        }
    }
}

package io.mandate.election;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A lock in a store, for short critical sections: an election of which every acquisition is a candidate. First come,
 * first served; not reentrant, and threads of one process exclude each other like those of different ones. No history
 * is kept of it.
 *
 * <p>As with every lock that can be lost to time, what it protects needs a guard: the {@link Leadership} that holds it
 * has a term with a fencing token. Nobody is interrupted when it is lost; {@link Term#ended} and
 * {@link Term#requireValid} tell. It must be closed also then. Unlocking costs one request to the store. Thread-safe.
 */
public final class DistributedLock implements AutoCloseable {
    /** {@link Duration#toNanos} refuses longer ones, which mean for ever. */
    private static final Duration PATIENCE_MAX = Duration.ofNanos(Long.MAX_VALUE);

    private final ElectionSettings settings;
    /** Keeps the lease between acquisitions. */
    private final Election anchor;

    private final Set<Acquisition> acquisitions = ConcurrentHashMap.newKeySet();

    DistributedLock(ElectionSettings settings) {
        this.settings = settings;
        this.anchor = new Election(settings);
    }

    /** One candidate, from when it begins to wait until it has left. */
    private final class Acquisition {
        private final HeldCampaign campaign;
        private final CompletableFuture<Void> gone;

        Acquisition(boolean patient) {
            Election candidate = new Election(settings);
            campaign = candidate.hold(patient);
            gone = campaign.left().thenCompose(left -> candidate.closeAsync());
            acquisitions.add(this);
            gone.whenComplete((closed, failure) -> acquisitions.remove(this));
            if (anchor.isClosed()) {
                giveUp();
            }
        }

        CompletableFuture<Leadership> held() {
            return campaign.result();
        }

        /** Also if it was acquired meanwhile, unless somebody has it. */
        void giveUp() {
            held().cancel(false);
        }

        /** Whether somebody has the lock by this. */
        boolean isHeld() {
            return campaign.isTaken() && !campaign.left().isDone();
        }
    }

    /**
     * Waits for the lock.
     *
     * @return to be closed in order to unlock
     * @throws InterruptedException if the calling thread was interrupted; it does not hold the lock then
     * @throws IllegalStateException if the lock object is closed, or was while this waited
     */
    public Leadership acquire() throws InterruptedException {
        Acquisition acquisition = begin(true);
        try {
            return acquisition.held().get();
        } catch (InterruptedException interrupted) {
            acquisition.giveUp();
            throw interrupted;
        } catch (ExecutionException | CancellationException left) {
            throw closed(left);
        }
    }

    /**
     * Waits for the lock, but no longer than so; empty if it was not to be had in time.
     *
     * @param patience includes the store's answers; zero or less is {@link #tryAcquire()}, which waits for them
     * @throws InterruptedException as {@link #acquire}
     * @throws IllegalStateException as {@link #acquire}
     */
    public Optional<Leadership> tryAcquire(Duration patience) throws InterruptedException {
        Objects.requireNonNull(patience, "patience");
        if (patience.isZero() || patience.isNegative()) {
            return tryAcquire();
        }
        Acquisition acquisition = begin(true);
        long patienceNanos = patience.compareTo(PATIENCE_MAX) > 0 ? Long.MAX_VALUE : patience.toNanos();
        try {
            return Optional.of(acquisition.held().get(patienceNanos, TimeUnit.NANOSECONDS));
        } catch (TimeoutException late) {
            acquisition.giveUp();
            return Optional.empty();
        } catch (InterruptedException interrupted) {
            acquisition.giveUp();
            throw interrupted;
        } catch (ExecutionException | CancellationException left) {
            throw closed(left);
        }
    }

    /**
     * Takes the lock if nobody holds it or waits for it; empty otherwise. Waits for the store's answer, not for others.
     *
     * @throws InterruptedException as {@link #acquire}
     * @throws IllegalStateException as {@link #acquire}
     */
    public Optional<Leadership> tryAcquire() throws InterruptedException {
        Acquisition acquisition = begin(false);
        try {
            return Optional.of(acquisition.held().get());
        } catch (InterruptedException interrupted) {
            acquisition.giveUp();
            throw interrupted;
        } catch (ExecutionException | CancellationException left) {
            if (anchor.isClosed()) {
                throw closed(left);
            }
            return Optional.empty();
        }
    }

    /**
     * As {@link #acquire}, without waiting. Cancelling the future gives up, as does anything else that completes it,
     * such as {@code orTimeout}. If it was acquired by then and nobody has taken it out of the future, it is unlocked,
     * by cancelling as by {@link #close}. Fails with a {@link CancellationException} if the lock object is closed
     * meanwhile.
     *
     * @throws IllegalStateException if the lock object is closed
     */
    public CompletableFuture<Leadership> acquireAsync() {
        return begin(true).held();
    }

    private Acquisition begin(boolean patient) {
        if (anchor.isClosed()) {
            throw new IllegalStateException("lock " + anchor.name() + " is closed: make another one");
        }
        return new Acquisition(patient);
    }

    private IllegalStateException closed(Exception left) {
        return new IllegalStateException(
                "lock " + anchor.name() + " was closed while it was waited for: make another one", left);
    }

    /** As {@link #close}, without waiting. */
    public CompletableFuture<Void> closeAsync() {
        List<CompletableFuture<Void>> leaving = new ArrayList<>(List.of(anchor.closeAsync()));
        for (Acquisition acquisition : acquisitions) {
            acquisition.giveUp();
            if (!acquisition.isHeld()) {
                leaving.add(acquisition.gone);
            }
        }
        return CompletableFuture.allOf(leaving.toArray(CompletableFuture<?>[]::new));
    }

    /**
     * Ends all waiting for the lock by this object, and gives the lease back; if the lock is held, when it is unlocked.
     * What was acquired and nobody has taken is unlocked. Waits for the store, not for whoever holds the lock. Harmless
     * when repeated.
     */
    @Override
    public void close() {
        closeAsync().join();
    }
}

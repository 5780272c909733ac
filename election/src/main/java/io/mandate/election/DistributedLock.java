package io.mandate.election;

import io.mandate.election.internal.driver.ElectionSettings;
import io.mandate.election.internal.driver.LockDriver;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A lock in a store, for short critical sections: an election of which every acquisition is a candidate. First come,
 * first served; not reentrant, and threads of one process exclude each other like those of different ones. No history
 * is kept of it.
 *
 * <p>As with every lock that can be lost to time, what it protects needs a guard: the {@link LockHandle} has a term
 * with a fencing token. No thread is interrupted when the lock is lost; {@link Term#ended} and
 * {@link Term#requireValid} report it. Close the handle then too. Unlocking takes one request to the store.
 * Thread-safe.
 */
public final class DistributedLock implements AutoCloseable {
    /** {@link Duration#toNanos} refuses longer ones, which mean for ever. */
    private static final Duration WAIT_MAX = Duration.ofNanos(Long.MAX_VALUE);

    private final LockDriver<LockHandle> driver;

    DistributedLock(ElectionSettings settings) {
        this.driver = new LockDriver<>(settings, LockHandle::new);
    }

    /**
     * Waits for the lock.
     *
     * @return to be closed in order to unlock
     * @throws InterruptedException if the calling thread was interrupted; it does not hold the lock then
     * @throws CandidateClosedException if this object was closed while the call waited
     * @throws IllegalStateException if this object is closed
     */
    public LockHandle acquire() throws InterruptedException {
        LockDriver<LockHandle>.Acquisition acquisition = driver.begin(true);
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
     * Waits for the lock, but no longer than this; empty if it could not be acquired in time.
     *
     * @param timeout includes the store's answers; zero or less is {@link #tryAcquire()}, which waits for them
     * @throws InterruptedException as {@link #acquire}
     * @throws CandidateClosedException as {@link #acquire}
     * @throws IllegalStateException as {@link #acquire}
     */
    public Optional<LockHandle> tryAcquire(Duration timeout) throws InterruptedException {
        Objects.requireNonNull(timeout, "timeout");
        if (timeout.isZero() || timeout.isNegative()) {
            return tryAcquire();
        }
        LockDriver<LockHandle>.Acquisition acquisition = driver.begin(true);
        long timeoutNanos = timeout.compareTo(WAIT_MAX) > 0 ? Long.MAX_VALUE : timeout.toNanos();
        try {
            return Optional.of(acquisition.held().get(timeoutNanos, TimeUnit.NANOSECONDS));
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
     * Acquires the lock if no other holds it or waits for it; empty otherwise. Waits for the store's answer only.
     *
     * @throws InterruptedException as {@link #acquire}
     * @throws CandidateClosedException as {@link #acquire}
     * @throws IllegalStateException as {@link #acquire}
     */
    public Optional<LockHandle> tryAcquire() throws InterruptedException {
        LockDriver<LockHandle>.Acquisition acquisition = driver.begin(false);
        try {
            return Optional.of(acquisition.held().get());
        } catch (InterruptedException interrupted) {
            acquisition.giveUp();
            throw interrupted;
        } catch (ExecutionException | CancellationException left) {
            if (driver.isClosed()) {
                throw closed(left);
            }
            return Optional.empty();
        }
    }

    /**
     * As {@link #acquire}, without waiting. Cancelling the future gives up, as does anything else that completes it,
     * such as {@code orTimeout}. A lock that was acquired by then, and whose handle was not taken out of the future, is
     * unlocked. Fails with a {@link CancellationException} if this object is closed meanwhile.
     *
     * @throws IllegalStateException if this object is closed
     */
    public CompletableFuture<LockHandle> acquireAsync() {
        return driver.begin(true).held();
    }

    private CandidateClosedException closed(Exception left) {
        return new CandidateClosedException(
                "lock " + driver.name() + " was closed while a thread waited for it: make another one", left);
    }

    /** As {@link #close}, without waiting. */
    public CompletableFuture<Void> closeAsync() {
        return driver.closeAsync();
    }

    /**
     * Ends all waiting for the lock by this object, and gives the lease back; if the lock is held, when it is unlocked.
     * A lock whose handle was not taken out of its future is unlocked. Waits for the store, not for holders of the
     * lock. Harmless when repeated.
     */
    @Override
    public void close() {
        closeAsync().join();
    }
}

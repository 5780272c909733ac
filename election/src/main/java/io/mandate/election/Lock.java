package io.mandate.election;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A lock in a store, for short critical sections: an election of which every acquisition is a candidate. First come, first served; not reentrant, and threads of
 * one process exclude each other like those of different ones.
 *
 * <p>As with every lock that can be lost to time, what it protects needs a guard: the {@link Leadership} that holds it has a term with a fencing token. Nobody is interrupted
 * when it is lost; {@link Term#ended} and {@link Term#requireValid} tell. Thread-safe.
 */
public final class Lock implements AutoCloseable {
    private final ElectionSettings candidates;
    /** Keeps the lease between acquisitions. */
    private final Election anchor;

    Lock(ElectionSettings candidates) {
        this.candidates = candidates;
        this.anchor = new Election(candidates);
    }

    /**
     * Waits for the lock.
     *
     * @return to be closed in order to unlock
     * @throws InterruptedException if the calling thread was interrupted; it does not hold the lock then
     * @throws IllegalStateException if the lock object is closed
     */
    public Leadership acquire() throws InterruptedException {
        CompletableFuture<Leadership> held = acquireAsync();
        try {
            return held.get();
        } catch (InterruptedException interrupted) {
            giveUp(held);
            throw interrupted;
        } catch (ExecutionException | CancellationException closed) {
            throw new IllegalStateException("lock " + anchor.name() + " was closed", closed);
        }
    }

    /** Waits for the lock, but no longer than so; empty if it was not to be had in time. */
    public Optional<Leadership> tryAcquire(Duration patience) throws InterruptedException {
        CompletableFuture<Leadership> held = acquireAsync();
        try {
            return Optional.of(held.get(patience.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException late) {
            giveUp(held);
            return Optional.empty();
        } catch (InterruptedException interrupted) {
            giveUp(held);
            throw interrupted;
        } catch (ExecutionException | CancellationException left) {
            return Optional.empty();
        }
    }

    /** Takes the lock if nobody holds it or waits for it; empty otherwise. Waits for the store's answer, not for others. */
    public Optional<Leadership> tryAcquire() throws InterruptedException {
        Election candidate = candidate();
        CompletableFuture<Leadership> held = candidate.leadIfFree();
        try {
            return Optional.of(closing(candidate, held.get()));
        } catch (InterruptedException interrupted) {
            held.cancel(false);
            candidate.closeAsync();
            throw interrupted;
        } catch (ExecutionException | CancellationException taken) {
            candidate.closeAsync();
            return Optional.empty();
        }
    }

    /** As {@link #acquire}, without waiting. Cancelling the future gives up. */
    public CompletableFuture<Leadership> acquireAsync() {
        Election candidate = candidate();
        CompletableFuture<Leadership> leading = candidate.lead();
        CompletableFuture<Leadership> held = leading.thenApply(leadership -> closing(candidate, leadership));
        held.whenComplete((leadership, failure) -> {
            if (failure != null) {
                // Given up: if it was led by now, nobody has it.
                leading.cancel(false);
                candidate.closeAsync();
            }
        });
        return held;
    }

    /** Cancelling comes too late if the lock was acquired meanwhile; then it is unlocked again. */
    private static void giveUp(CompletableFuture<Leadership> held) {
        if (!held.cancel(false)) {
            held.thenAccept(Leadership::release);
        }
    }

    private Election candidate() {
        if (anchor.isClosed()) {
            throw new IllegalStateException("lock " + anchor.name() + " is closed: make another one");
        }
        return new Election(candidates);
    }

    private static Leadership closing(Election candidate, Leadership leadership) {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        return new Leadership(
                leadership.heldTerm(),
                () -> leadership
                        .release()
                        .thenCompose(released -> candidate.closeAsync())
                        .thenAccept(closed::complete),
                closed);
    }

    /** Gives the lease back, unless the lock is held: then when it is unlocked. Those that wait go on waiting. */
    @Override
    public void close() {
        anchor.close();
    }
}

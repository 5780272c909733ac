package io.mandate.election.internal.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The acquisitions of a lock, each a candidate of its own. Thread-safe.
 *
 * @param <H> the handle of the lock
 */
public final class LockDriver<H> {
    private final ElectionSettings settings;
    private final Function<Holding, H> handles;
    /** Keeps the lease between acquisitions. */
    private final ElectionDriver anchor;

    private final Set<Acquisition> acquisitions = ConcurrentHashMap.newKeySet();

    /** @param handles makes the handle of an acquisition */
    public LockDriver(ElectionSettings settings, Function<Holding, H> handles) {
        this.settings = settings;
        this.handles = handles;
        this.anchor = new ElectionDriver(settings);
    }

    /** One candidate, from when it begins to wait until it has left. */
    public final class Acquisition {
        private final HeldCampaign<H> campaign;
        private final CompletableFuture<Void> ended;

        Acquisition(boolean waits) {
            ElectionDriver candidate = new ElectionDriver(settings);
            campaign = candidate.hold(waits, handles);
            ended = campaign.left().thenCompose(left -> candidate.closeAsync());
            acquisitions.add(this);
            ended.whenComplete((closed, failure) -> acquisitions.remove(this));
            if (anchor.isClosed()) {
                giveUp();
            }
        }

        /** The handle, once the lock is acquired. */
        public CompletableFuture<H> held() {
            return campaign.result();
        }

        /** Stops waiting, and unlocks if the lock was acquired meanwhile and its handle was not taken. */
        public void giveUp() {
            held().cancel(false);
        }

        boolean isHeld() {
            return campaign.isTaken() && !campaign.left().isDone();
        }
    }

    public String name() {
        return anchor.options().name();
    }

    public boolean isClosed() {
        return anchor.isClosed();
    }

    /**
     * Begins to acquire the lock.
     *
     * @param waits false to give up if another holds the lock or waits for it
     * @throws IllegalStateException if the lock object is closed
     */
    public Acquisition begin(boolean waits) {
        if (anchor.isClosed()) {
            throw new IllegalStateException("lock " + name() + " is closed: make another one");
        }
        return new Acquisition(waits);
    }

    /** Ends all waiting, and completes when no acquisition but those that are held is left. */
    public CompletableFuture<Void> closeAsync() {
        List<CompletableFuture<Void>> leaving = new ArrayList<>(List.of(anchor.closeAsync()));
        for (Acquisition acquisition : acquisitions) {
            acquisition.giveUp();
            if (!acquisition.isHeld()) {
                leaving.add(acquisition.ended);
            }
        }
        return CompletableFuture.allOf(leaving.toArray(CompletableFuture<?>[]::new));
    }
}

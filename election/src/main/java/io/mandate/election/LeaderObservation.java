package io.mandate.election;

import io.mandate.election.queue.CandidateKeys;
import io.mandate.election.queue.ElectionQueue;
import io.mandate.election.store.Watch;
import io.mandate.election.time.Scheduler;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Tells who leads, without taking part: on every change that it sees, and of several quick ones perhaps only the last.
 * By the store's watch, and by a slow poll in case that is stalled. Thread-safe.
 */
public final class LeaderObservation implements AutoCloseable {
    private final StoreLoop loop;
    private final String election;
    private final long pollNanos;
    private final Consumer<Optional<Leader>> observer;
    private final Executor callbacks;
    private final Watch watch;
    private Optional<Optional<Leader>> told = Optional.empty();
    private boolean asking;
    private boolean askAgain;
    private volatile boolean closed;

    LeaderObservation(
            StoreLoop loop, String election, long pollNanos, Consumer<Optional<Leader>> observer, Executor callbacks) {
        this.loop = loop;
        this.election = election;
        this.pollNanos = pollNanos;
        this.observer = observer;
        this.callbacks = callbacks;
        Scheduler scheduler = loop.scheduler();
        this.watch =
                loop.store().watchKeys(CandidateKeys.prefix(election), key -> scheduler.execute(() -> changed(key)));
        scheduler.execute(this::poll);
    }

    /** Of other elections whose names continue this one's nothing is to be told, however many there are. */
    private void changed(Optional<String> key) {
        if (key.isEmpty() || CandidateKeys.canBeCandidate(election, key.get())) {
            look();
        }
    }

    private void poll() {
        if (!closed) {
            look();
            loop.scheduler().schedule(pollNanos, this::poll);
        }
    }

    private void look() {
        if (closed) {
            return;
        }
        if (asking) {
            askAgain = true;
            return;
        }
        asking = true;
        loop.ask(ElectionQueue.first(loop.store(), election), (first, failure) -> {
            asking = false;
            if (first != null) {
                tell(first.map(Leader::of));
            }
            if (askAgain) {
                askAgain = false;
                look();
            }
        });
    }

    private void tell(Optional<Leader> leader) {
        if (!told.equals(Optional.of(leader))) {
            told = Optional.of(leader);
            callbacks.execute(() -> {
                if (!closed) {
                    observer.accept(leader);
                }
            });
        }
    }

    /** No call begins after this has returned. */
    @Override
    public void close() {
        closed = true;
        watch.close();
    }
}

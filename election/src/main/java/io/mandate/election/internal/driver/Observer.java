package io.mandate.election.internal.driver;

import io.mandate.election.Leader;
import io.mandate.election.internal.queue.CandidateKeys;
import io.mandate.election.internal.queue.ElectionQueue;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.Entry;
import io.mandate.election.store.Watch;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Reports the leader of an election without being a candidate: on every change that it sees, of several quick ones
 * perhaps only the last. It follows the store's watch, and polls slowly in case the watch is stalled. Thread-safe.
 */
public final class Observer implements AutoCloseable {
    private final StoreLoop loop;
    private final String election;
    private final long pollNanos;
    private final Consumer<Optional<Leader>> listener;
    private final Executor callbacks;
    private final Watch watch;
    private Optional<Optional<Leader>> reported = Optional.empty();
    private boolean asking;
    private boolean askAgain;
    private volatile boolean closed;

    Observer(StoreLoop loop, String election, long pollNanos, Consumer<Optional<Leader>> listener, Executor callbacks) {
        this.loop = loop;
        this.election = election;
        this.pollNanos = pollNanos;
        this.listener = listener;
        this.callbacks = callbacks;
        Scheduler scheduler = loop.scheduler();
        this.watch =
                loop.store().watchKeys(CandidateKeys.prefix(election), key -> scheduler.execute(() -> changed(key)));
        scheduler.execute(this::poll);
    }

    /** Ignores the keys of other elections whose names begin with this one's, however many there are. */
    private void changed(Optional<String> key) {
        if (key.isEmpty() || CandidateKeys.canBeCandidate(election, key.get())) {
            look();
        }
    }

    /** The candidate whose entry is first in the queue. */
    static Leader leader(Entry first) {
        return new Leader(first.value(), first.creation());
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
                report(first.map(Observer::leader));
            }
            if (askAgain) {
                askAgain = false;
                look();
            }
        });
    }

    private void report(Optional<Leader> leader) {
        if (!reported.equals(Optional.of(leader))) {
            reported = Optional.of(leader);
            callbacks.execute(() -> {
                if (!closed) {
                    listener.accept(leader);
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

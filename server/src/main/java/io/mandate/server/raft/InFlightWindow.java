package io.mandate.server.raft;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Limits the batches in flight of a node, over all its groups. While the window is open, waiting requests are sent at
 * once; while it is closed, they accumulate, and when it opens, every group with waiting requests sends a batch. So a
 * node under load works in rounds: the batches of its groups are as large as their load allows and are sent together,
 * so that they share forces of the log, socket writes and thread wake-ups.
 *
 * <p>A slow batch stops counting after a while, so that a group without a leader does not delay the others.
 * Thread-safe, without locks: a thread that adds or completes work pumps all queues, one thread at a time.
 */
final class InFlightWindow {
    /**
     * The batches in flight that close the window: enough to keep disk and network busy at once; more would only make
     * the batches smaller.
     */
    static final int BATCHES_MAX = 4;

    /** How long a batch counts: some rounds of a busy node. */
    static final long HELD_NANOS_MAX = 25_000_000;

    private final List<ProposalQueue> queues = new CopyOnWriteArrayList<>();
    private final AtomicInteger acquired = new AtomicInteger();
    private final AtomicInteger signals = new AtomicInteger();

    /** Adds the queue of another group. */
    void add(ProposalQueue queue) {
        queues.add(queue);
    }

    /**
     * Sends what can be sent. One thread at a time executes the loop; the others signal it that there is more to do.
     */
    void pump() {
        if (signals.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            boolean sent = true;
            while (sent && acquired.get() < BATCHES_MAX) {
                sent = false;
                for (ProposalQueue queue : queues) {
                    sent |= queue.sendNext();
                }
            }
            seen = signals.addAndGet(-seen);
        } while (seen != 0);
    }

    /** Counts a batch that is about to be sent. */
    void acquire() {
        acquired.incrementAndGet();
    }

    /** Stops counting a batch that is complete or slow. */
    void release(RequestBatch batch) {
        if (batch.release()) {
            acquired.decrementAndGet();
        }
    }
}

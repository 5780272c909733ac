package io.mandate.server.raft;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many batches a node has under way, whatever the number of its groups. While the window is open, whatever waits
 * leaves at once; while it is closed, requests gather, and when it opens, every group that has something waiting sends.
 * So a node under load works in waves: the batches of its groups are as large as their load allows, and leave together,
 * which shares forces of the log, writes to sockets and wake-ups of threads between them.
 *
 * <p>A batch that takes long is not counted any more: a group that has lost its leader must not hold up the others.
 * Thread-safe, without locks: whoever adds or finishes something drives all queues on, one thread at a time.
 */
final class InFlightWindow {
    /**
     * Batches under way that close the window: enough to keep disk and network busy at once; more would only make the
     * batches smaller.
     */
    static final int BATCHES_MAX = 4;

    /** Some rounds of a busy node. */
    static final long COUNTED_NANOS_MAX = 25_000_000;

    private final List<ProposalQueue> queues = new CopyOnWriteArrayList<>();
    private final AtomicInteger counted = new AtomicInteger();
    private final AtomicInteger wakeUps = new AtomicInteger();

    /** Takes the queue of one more group in. */
    void add(ProposalQueue queue) {
        queues.add(queue);
    }

    /** Sends what can be sent. Only one thread is ever inside; the others leave it a note that there is more to do. */
    void drive() {
        if (wakeUps.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            boolean sent = true;
            while (sent && counted.get() < BATCHES_MAX) {
                sent = false;
                for (ProposalQueue queue : queues) {
                    sent |= queue.sendNext();
                }
            }
            seen = wakeUps.addAndGet(-seen);
        } while (seen != 0);
    }

    /** One more batch is about to be sent. */
    void count() {
        counted.incrementAndGet();
    }

    /** A batch has ended, or takes too long to be waited for. */
    void discount(RequestBatch batch) {
        if (batch.discount()) {
            counted.decrementAndGet();
        }
    }
}

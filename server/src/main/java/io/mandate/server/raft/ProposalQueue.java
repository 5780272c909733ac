package io.mandate.server.raft;

import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.codec.RequestCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Group commit: packs the waiting requests of all clients into batches, a few of which are in flight at a time. While
 * the {@link InFlightWindow} is open, requests are sent at once, so that a single client waits for no other; while it
 * is closed, they accumulate, so that one fsync serves them all. On a node with several Raft groups, each with a part
 * of the load, the batches of one group would be small; there, while one batch is in flight, another one needs a
 * minimum size.
 *
 * <p>The {@link Route} sends a batch to the log of this node or to the leader on another node; while there is no
 * leader, requests wait until their timeout. Thread-safe, without locks.
 */
final class ProposalQueue implements RequestBatch.Callback {
    /**
     * Requests in one batch: enough that the cost of an entry is negligible, few enough that it is applied within a few
     * milliseconds.
     */
    static final int BATCH_REQUESTS_MAX = 512;

    /** Bytes in one batch, unless a single request is larger. */
    static final int BATCH_BYTES_MAX = 1 << 20;

    /** With several Raft groups: the minimum of requests for a batch in addition to one in flight. */
    static final int FURTHER_BATCH_REQUESTS_MIN = 64;

    /** Sends batches. */
    interface Route {
        /** Whether a batch could be sent now. */
        boolean isOpen();

        /** Sends a batch, and completes or fails it. */
        void send(RequestBatch batch);
    }

    private final Route route;
    private final InFlightWindow window;
    private final ReplicaOptions options;
    private final Deque<Proposal> waiting = new ConcurrentLinkedDeque<>();
    private final Set<RequestBatch> inFlight = ConcurrentHashMap.newKeySet();
    private final int furtherRequestsMin;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final LongAdder failed = new LongAdder();
    /**
     * The route has returned a batch: it is retried with the next request or tick, not at once, as the obstacle may
     * wait for this thread.
     */
    private volatile boolean returned;

    private volatile boolean stopped;

    ProposalQueue(Route route, InFlightWindow window, ReplicaOptions options) {
        this.route = route;
        this.window = window;
        this.options = options;
        this.furtherRequestsMin = options.groups() == 1 ? 1 : FURTHER_BATCH_REQUESTS_MIN;
        window.add(this);
    }

    int pending() {
        return pending.get();
    }

    long failed() {
        return failed.sum();
    }

    CompletableFuture<Outcome> propose(Request request) {
        return proposeAll(List.of(request)).get(0).outcome;
    }

    /**
     * Queues requests, which are sent together if possible. A returned proposal may have failed already because of a
     * limit, which its failure names.
     */
    List<Proposal> proposeAll(List<Request> requests) {
        List<Proposal> proposals = new ArrayList<>(requests.size());
        for (Request request : requests) {
            proposals.add(add(request));
        }
        if (stopped) {
            failWaiting();
        } else {
            retry();
        }
        return proposals;
    }

    /** Sends waiting requests, also if they have just been returned. */
    void retry() {
        returned = false;
        window.pump();
    }

    private Proposal add(Request request) {
        int bytes = RequestCodec.size(request);
        long deadlineNanos = System.nanoTime() + options.requestTimeoutMillis() * 1_000_000;
        Proposal proposal = new Proposal(request, bytes, deadlineNanos);
        if (bytes > options.requestBytesMax()) {
            proposal.fail(
                    ReplicationException.Kind.REQUEST_TOO_LARGE,
                    "a request of " + bytes + " bytes is above the limit of " + options.requestBytesMax());
            return proposal;
        }
        if (!reserve(bytes)) {
            failed.increment();
            proposal.fail(
                    ReplicationException.Kind.TOO_MANY_REQUESTS,
                    ReplicaOptions.PROPOSALS_MAX + " requests, or " + options.proposalBytesMax()
                            + " bytes of them, are waiting on this node: retry later");
            return proposal;
        }
        proposal.outcome.whenComplete((outcome, failure) -> {
            pending.decrementAndGet();
            pendingBytes.addAndGet(-bytes);
            if (failure != null) {
                failed.increment();
            }
        });
        waiting.addLast(proposal);
        return proposal;
    }

    private boolean reserve(int bytes) {
        if (pending.incrementAndGet() > ReplicaOptions.PROPOSALS_MAX) {
            pending.decrementAndGet();
            return false;
        }
        if (pendingBytes.addAndGet(bytes) > options.proposalBytesMax()) {
            pendingBytes.addAndGet(-bytes);
            pending.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Sends a batch if one is large enough and can be sent; returns whether it did. Called by the window only. */
    boolean sendNext() {
        if (returned || !isLargeEnough() || !route.isOpen()) {
            return false;
        }
        List<Proposal> packed = pack();
        if (packed.isEmpty()) {
            return false;
        }
        RequestBatch batch = new RequestBatch(packed, this);
        inFlight.add(batch);
        window.acquire();
        route.send(batch);
        return true;
    }

    private boolean isLargeEnough() {
        if (waiting.isEmpty() || inFlight.size() >= InFlightWindow.BATCHES_MAX) {
            return false;
        }
        return furtherRequestsMin == 1 || inFlight.isEmpty() || waitingCount() >= furtherRequestsMin;
    }

    /** The approximate number of waiting requests; it includes those being completed right now. */
    private int waitingCount() {
        int others = 0;
        for (RequestBatch batch : inFlight) {
            others += batch.proposals().size();
        }
        return pending.get() - others;
    }

    /** Whether a batch is in flight. */
    boolean hasBatchInFlight() {
        return !inFlight.isEmpty();
    }

    private List<Proposal> pack() {
        List<Proposal> packed = new ArrayList<>();
        int bytes = 0;
        for (Proposal next = waiting.pollFirst(); next != null; next = waiting.pollFirst()) {
            if (!packed.isEmpty() && (bytes + next.bytes > BATCH_BYTES_MAX || packed.size() == BATCH_REQUESTS_MAX)) {
                waiting.addFirst(next);
                break;
            }
            if (!next.outcome.isDone()) {
                packed.add(next);
                bytes += next.bytes;
            }
        }
        return packed;
    }

    private void release(RequestBatch batch) {
        inFlight.remove(batch);
        window.release(batch);
    }

    @Override
    public void applied(RequestBatch batch, List<Outcome> outcomes) {
        release(batch);
        window.pump();
        List<Proposal> proposals = batch.proposals();
        for (int i = 0; i < proposals.size(); i++) {
            proposals.get(i).outcome.complete(outcomes.get(i));
        }
    }

    @Override
    public void responded(RequestBatch batch, ByteBuffer response) {
        release(batch);
        window.pump();
        OutcomesCodec.read(response, batch.proposals());
    }

    @Override
    public void notAppended(RequestBatch batch, String reason) {
        List<Proposal> proposals = batch.proposals();
        for (int i = proposals.size() - 1; i >= 0; i--) {
            waiting.addFirst(proposals.get(i));
        }
        returned = true;
        release(batch);
        if (stopped) {
            failWaiting();
        } else {
            window.pump();
        }
    }

    @Override
    public void unknown(RequestBatch batch, String reason) {
        release(batch);
        for (Proposal proposal : batch.proposals()) {
            proposal.fail(ReplicationException.Kind.LEADER_CHANGED, reason);
        }
        window.pump();
    }

    /** Fails overdue requests, and retries waiting ones. Must be called every few milliseconds. */
    void tick(long nowNanos) {
        for (Proposal proposal = waiting.peekFirst();
                proposal != null && proposal.isOverdue(nowNanos);
                proposal = waiting.peekFirst()) {
            if (waiting.removeFirstOccurrence(proposal)) {
                proposal.fail(ReplicationException.Kind.NO_LEADER, "no leader within the request timeout");
            }
        }
        for (RequestBatch batch : inFlight) {
            if (nowNanos - batch.sentNanos() > InFlightWindow.HELD_NANOS_MAX) {
                window.release(batch);
            }
            for (Proposal proposal : batch.proposals()) {
                if (proposal.isOverdue(nowNanos)) {
                    proposal.fail(ReplicationException.Kind.TIMED_OUT, "no majority within the request timeout");
                }
            }
        }
        if (!waiting.isEmpty()) {
            retry();
        }
    }

    /** Fails all waiting and sent requests, and all that are added from now on. */
    void stop() {
        stopped = true;
        failWaiting();
        for (RequestBatch batch : inFlight) {
            for (Proposal proposal : batch.proposals()) {
                proposal.fail(ReplicationException.Kind.STOPPED, "this node is stopping");
            }
        }
    }

    private void failWaiting() {
        for (Proposal proposal = waiting.pollFirst(); proposal != null; proposal = waiting.pollFirst()) {
            proposal.fail(ReplicationException.Kind.STOPPED, "this node is stopping");
        }
    }
}

package io.mandate.server.raft;

import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.RequestCodec;
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
 * Group commit: packs the requests of all clients that wait into batches, a few of which are under way at a time. While
 * the {@link InFlightWindow} is open, whatever waits leaves at once, so that a lone client waits for nobody; while it
 * is closed, requests gather, so that one fsync serves them all. Where a node has several Raft groups, each with its
 * part of the load, the batches of one would be small for that: there, while one is under way, another has to be worth
 * it.
 *
 * <p>Where a batch goes is the {@link Route}'s business: into the log here, or to the leader elsewhere; while there is
 * no leader, requests wait here until their time-out. Thread-safe, without locks.
 */
final class ProposalQueue implements RequestBatch.End {
    /**
     * Requests in one batch: enough that the cost of an entry vanishes, few enough that applying one stays below a few
     * milliseconds.
     */
    static final int BATCH_REQUESTS_MAX = 512;

    /** Bytes in one batch, unless a single request is larger. */
    static final int BATCH_BYTES_MAX = 1 << 20;

    /** With several Raft groups: requests that make a batch worth sending beside one that is under way. */
    static final int FURTHER_BATCH_REQUESTS_MIN = 64;

    /** Sends batches on their way. */
    interface Route {
        /** Whether a batch could be sent now. */
        boolean isOpen();

        /** Sends a batch; its end is told to the batch. */
        void send(RequestBatch batch);
    }

    private final Route route;
    private final InFlightWindow window;
    private final ReplicaOptions options;
    private final Deque<Proposal> waiting = new ConcurrentLinkedDeque<>();
    private final Set<RequestBatch> underWay = ConcurrentHashMap.newKeySet();
    private final int furtherRequestsMin;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final LongAdder failed = new LongAdder();
    /**
     * The route has sent a batch back: it is tried again with the next request or tick, not at once, as what is in its
     * way may wait for this very thread.
     */
    private volatile boolean refused;

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
     * Queues requests, which leave together if they can; what this returns may have failed already, for a bound that is
     * named in the failure.
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

    /** Sends what waits, also if it has just been refused. */
    void retry() {
        refused = false;
        window.drive();
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
                            + " bytes of them, wait on this node already");
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

    /** Sends a batch, if one is worth it and can be sent; only the window calls this. Whether it did. */
    boolean sendNext() {
        if (refused || !isWorthSending() || !route.isOpen()) {
            return false;
        }
        List<Proposal> packed = pack();
        if (packed.isEmpty()) {
            return false;
        }
        RequestBatch batch = new RequestBatch(packed, this);
        underWay.add(batch);
        window.count();
        route.send(batch);
        return true;
    }

    private boolean isWorthSending() {
        if (waiting.isEmpty() || underWay.size() >= InFlightWindow.BATCHES_MAX) {
            return false;
        }
        return furtherRequestsMin == 1 || underWay.isEmpty() || waitingCount() >= furtherRequestsMin;
    }

    /** About how many wait: what is being answered at this moment is among them. */
    private int waitingCount() {
        int others = 0;
        for (RequestBatch batch : underWay) {
            others += batch.proposals().size();
        }
        return pending.get() - others;
    }

    /** Whether a batch is on its way. */
    boolean hasBatchUnderWay() {
        return !underWay.isEmpty();
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

    private void ended(RequestBatch batch) {
        underWay.remove(batch);
        window.discount(batch);
    }

    @Override
    public void applied(RequestBatch batch, List<Outcome> outcomes) {
        ended(batch);
        window.drive();
        List<Proposal> proposals = batch.proposals();
        for (int i = 0; i < proposals.size(); i++) {
            proposals.get(i).outcome.complete(outcomes.get(i));
        }
    }

    @Override
    public void answered(RequestBatch batch, ByteBuffer answer) {
        ended(batch);
        window.drive();
        OutcomesCodec.read(answer, batch.proposals());
    }

    @Override
    public void notAppended(RequestBatch batch, String why) {
        List<Proposal> proposals = batch.proposals();
        for (int i = proposals.size() - 1; i >= 0; i--) {
            waiting.addFirst(proposals.get(i));
        }
        refused = true;
        ended(batch);
        if (stopped) {
            failWaiting();
        } else {
            window.drive();
        }
    }

    @Override
    public void unknown(RequestBatch batch, String why) {
        ended(batch);
        for (Proposal proposal : batch.proposals()) {
            proposal.fail(ReplicationException.Kind.LEADER_CHANGED, why);
        }
        window.drive();
    }

    /** Fails what is overdue, and tries what waits for a route. To be called every few milliseconds. */
    void tick(long nowNanos) {
        for (Proposal proposal = waiting.peekFirst();
                proposal != null && proposal.isOverdue(nowNanos);
                proposal = waiting.peekFirst()) {
            if (waiting.removeFirstOccurrence(proposal)) {
                proposal.fail(ReplicationException.Kind.NO_LEADER, "no leader within the request time-out");
            }
        }
        for (RequestBatch batch : underWay) {
            if (nowNanos - batch.sentNanos() > InFlightWindow.COUNTED_NANOS_MAX) {
                window.discount(batch);
            }
            for (Proposal proposal : batch.proposals()) {
                if (proposal.isOverdue(nowNanos)) {
                    proposal.fail(ReplicationException.Kind.TIMED_OUT, "no majority within the request time-out");
                }
            }
        }
        if (!waiting.isEmpty()) {
            retry();
        }
    }

    /** Fails everything that waits or is under way, and whatever is added from now on. */
    void stop() {
        stopped = true;
        failWaiting();
        for (RequestBatch batch : underWay) {
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

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
 * Group commit: packs the requests of all clients that wait into batches, a few of which are under way at a time. While fewer are, whatever waits
 * leaves at once, so that a lone client waits for nobody; while as many are, requests gather, so that one fsync serves them all. Where a node has several Raft
 * groups, each with its part of the load, the batches of one would be small for that: there, while one is under way, another has to be worth it.
 *
 * <p>Where a batch goes is the {@link Route}'s business: into the log here, or to the leader elsewhere; while there is no leader, requests wait here until
 * their time-out. Thread-safe, without locks: whoever adds or finishes something drives the queue on, one thread at a time.
 */
final class ProposalQueue implements Batch.End {
    /** Requests in one batch: enough that the cost of an entry vanishes, few enough that applying one stays below a few milliseconds. */
    static final int BATCH_REQUESTS_MAX = 512;

    /** Bytes in one batch, unless a single request is larger. */
    static final int BATCH_BYTES_MAX = 1 << 20;

    /** Batches under way: enough to keep disk and network busy at once; more would only make the batches smaller. */
    static final int BATCHES_UNDER_WAY_MAX = 4;

    /** With several Raft groups: requests that make a batch worth sending beside one that is under way. */
    static final int FURTHER_BATCH_REQUESTS_MIN = 64;

    /** Sends batches on their way. */
    interface Route {
        /** Whether a batch could be sent now. */
        boolean isOpen();

        /** Sends a batch; its end is told to the batch. */
        void send(Batch batch);
    }

    private final Route route;
    private final ReplicaOptions options;
    private final Deque<Proposal> waiting = new ConcurrentLinkedDeque<>();
    private final Set<Batch> underWay = ConcurrentHashMap.newKeySet();
    private final int furtherRequestsMin;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final AtomicInteger wakeUps = new AtomicInteger();
    private final LongAdder failed = new LongAdder();
    private volatile boolean stopped;

    ProposalQueue(Route route, ReplicaOptions options) {
        this.route = route;
        this.options = options;
        this.furtherRequestsMin = options.groups() == 1 ? 1 : FURTHER_BATCH_REQUESTS_MIN;
    }

    int pending() {
        return pending.get();
    }

    long failed() {
        return failed.sum();
    }

    CompletableFuture<Outcome> propose(Request request) {
        return add(request).outcome;
    }

    /** Queues a request; what it returns may have failed already, for a bound that is named in the failure. */
    Proposal add(Request request) {
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
        if (stopped) {
            failWaiting();
        } else {
            drive();
        }
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

    /** Sends what can be sent. Only one thread is ever inside; the others leave it a note that there is more to do. */
    void drive() {
        if (wakeUps.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            while (isWorthSending() && route.isOpen()) {
                sendNext();
            }
            seen = wakeUps.addAndGet(-seen);
        } while (seen != 0);
    }

    private boolean isWorthSending() {
        if (waiting.isEmpty() || underWay.size() >= BATCHES_UNDER_WAY_MAX) {
            return false;
        }
        return furtherRequestsMin == 1 || underWay.isEmpty() || waitingCount() >= furtherRequestsMin;
    }

    /** About how many wait: what is being answered at this moment is among them. */
    private int waitingCount() {
        int others = 0;
        for (Batch batch : underWay) {
            others += batch.proposals().size();
        }
        return pending.get() - others;
    }

    /** Whether a batch is on its way. */
    boolean hasBatchUnderWay() {
        return !underWay.isEmpty();
    }

    private void sendNext() {
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
        if (!packed.isEmpty()) {
            Batch batch = new Batch(packed, this);
            underWay.add(batch);
            route.send(batch);
        }
    }

    @Override
    public void applied(Batch batch, List<Outcome> outcomes) {
        underWay.remove(batch);
        drive();
        List<Proposal> proposals = batch.proposals();
        for (int i = 0; i < proposals.size(); i++) {
            proposals.get(i).outcome.complete(outcomes.get(i));
        }
    }

    @Override
    public void answered(Batch batch, ByteBuffer answer) {
        underWay.remove(batch);
        drive();
        OutcomesCodec.read(answer, batch.proposals());
    }

    @Override
    public void notAppended(Batch batch, String why) {
        underWay.remove(batch);
        List<Proposal> proposals = batch.proposals();
        for (int i = proposals.size() - 1; i >= 0; i--) {
            waiting.addFirst(proposals.get(i));
        }
        if (stopped) {
            failWaiting();
        }
        // Not driven on here: the route has just refused, and is tried again by the next request or tick.
    }

    @Override
    public void unknown(Batch batch, String why) {
        underWay.remove(batch);
        for (Proposal proposal : batch.proposals()) {
            proposal.fail(ReplicationException.Kind.LEADER_CHANGED, why);
        }
        drive();
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
        for (Batch batch : underWay) {
            for (Proposal proposal : batch.proposals()) {
                if (proposal.isOverdue(nowNanos)) {
                    proposal.fail(ReplicationException.Kind.TIMED_OUT, "no majority within the request time-out");
                }
            }
        }
        if (!waiting.isEmpty()) {
            drive();
        }
    }

    /** Fails everything that waits or is under way, and whatever is added from now on. */
    void stop() {
        stopped = true;
        failWaiting();
        for (Batch batch : underWay) {
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

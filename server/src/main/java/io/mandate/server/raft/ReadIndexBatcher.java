package io.mandate.server.raft;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.error.RaftError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Linearizable reads by ReadIndex (Raft thesis §6.4), one quorum round for all readers that wait: while a round is
 * under way, readers gather for the next one. A round that starts after a reader came proves what the reader needs; one
 * that was under way already does not.
 *
 * <p>The same round proves leadership: if this node led in one term before the round and still does after, it was the
 * leader that answered the round. (Had it been deposed in between, the answer would have come from the new leader,
 * whose first entry the state machine would have applied before the round completes, and with it the news of the lost
 * leadership.)
 *
 * <p>Thread-safe.
 */
final class ReadIndexBatcher {
    private static final Logger LOG = LoggerFactory.getLogger(ReadIndexBatcher.class);
    private static final byte[] NO_CONTEXT = new byte[0];

    /** A round without an answer is given up and tried again: etcd's interval. */
    private static final long ROUND_MILLIS_MAX = 500;

    /** The engine's ReadIndex. */
    interface ReadIndex {
        void read(byte[] context, ReadIndexClosure done);
    }

    private record Waiting(CompletableFuture<Long> done, boolean leadersOnly, long deadlineNanos) {}

    private final ReadIndex readIndex;
    private final LongSupplier leaderTerm;
    private final long timeoutNanos;
    private final Object lock = new Object();
    private List<Waiting> next = new ArrayList<>();
    private boolean underWay;
    private boolean stopped;
    private final LongAdder slow = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile @Nullable Round latest;

    /**
     * Prepares rounds.
     *
     * @param leaderTerm the term this node leads in as far as its state machine knows, 0 if it does not
     */
    ReadIndexBatcher(ReadIndex readIndex, LongSupplier leaderTerm, long timeoutMillis) {
        this.readIndex = readIndex;
        this.leaderTerm = leaderTerm;
        this.timeoutNanos = timeoutMillis * 1_000_000;
    }

    /**
     * Joins the next round; completes with the term led in, 0 if this node does not lead.
     *
     * @param leadersOnly whether to fail with NOT_LEADER rather than complete with 0
     */
    CompletableFuture<Long> join(boolean leadersOnly) {
        Waiting waiting = new Waiting(new CompletableFuture<>(), leadersOnly, System.nanoTime() + timeoutNanos);
        synchronized (lock) {
            if (stopped) {
                waiting.done.completeExceptionally(stopping());
                return waiting.done;
            }
            next.add(waiting);
            if (underWay) {
                return waiting.done;
            }
            underWay = true;
        }
        start();
        return waiting.done;
    }

    private void start() {
        List<Waiting> waiting;
        synchronized (lock) {
            waiting = next;
            next = new ArrayList<>();
            if (waiting.isEmpty()) {
                underWay = false;
                return;
            }
        }
        Round round = new Round(waiting);
        latest = round;
        try {
            readIndex.read(NO_CONTEXT, round);
        } catch (IllegalStateException stopping) {
            // The engine has ended the round already: it both calls the closure and throws.
            LOG.debug("round-refused cause=\"{}\"", stopping.getMessage());
        }
    }

    private final class Round extends ReadIndexClosure {
        private final List<Waiting> waiting;
        private final long termBefore = leaderTerm.getAsLong();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final long startNanos = System.nanoTime();

        Round(List<Waiting> waiting) {
            super(-1); // no time-out of the engine's: its timer ticks every millisecond for ever, which an idle node
            // feels
            this.waiting = waiting;
        }

        void endIfOverdue(long nowNanos) {
            if (!ended.get() && nowNanos - startNanos > ROUND_MILLIS_MAX * 1_000_000) {
                slow.increment();
                run(new Status(RaftError.ETIMEDOUT, "no answer within %d ms", ROUND_MILLIS_MAX), 0, NO_CONTEXT);
            }
        }

        /** May be told twice: by the engine, and when the round's time is over. */
        @Override
        public void run(Status status, long index, byte[] context) {
            if (ended.compareAndSet(false, true)) {
                finish(waiting, status, termBefore);
            }
        }
    }

    private void finish(List<Waiting> round, Status status, long termBefore) {
        long termAfter = leaderTerm.getAsLong();
        long provenTerm = termBefore == termAfter ? termAfter : 0;
        List<Waiting> again = new ArrayList<>();
        List<Runnable> answers = new ArrayList<>(round.size());
        long nowNanos = System.nanoTime();
        for (Waiting waiting : round) {
            if (status.isOk() && (provenTerm != 0 || !waiting.leadersOnly)) {
                answers.add(() -> waiting.done.complete(provenTerm));
            } else if (waiting.leadersOnly && provenTerm == 0) {
                answers.add(() -> waiting.done.completeExceptionally(
                        new ReplicationException(ReplicationException.Kind.NOT_LEADER, "this node does not lead")));
            } else if (nowNanos - waiting.deadlineNanos >= 0) {
                failed.increment();
                answers.add(() -> waiting.done.completeExceptionally(new ReplicationException(
                        ReplicationException.Kind.TIMED_OUT,
                        "no majority confirmed the read: " + status.getErrorMsg())));
            } else {
                again.add(waiting);
            }
        }
        boolean retryLater;
        synchronized (lock) {
            if (stopped) {
                again.forEach(waiting -> answers.add(() -> waiting.done.completeExceptionally(stopping())));
                again.clear();
            }
            next.addAll(again);
            retryLater = !again.isEmpty();
            if (retryLater) {
                // The tick starts the next round: a failed one fails at once again while there is no leader.
                underWay = false;
            }
        }
        if (!retryLater) {
            start();
        }
        answers.forEach(Runnable::run);
    }

    /**
     * Ends a round that takes too long, and starts one for those whose last one failed. To be called every few
     * milliseconds.
     */
    void tick(long nowNanos) {
        Round round = latest;
        if (round != null) {
            round.endIfOverdue(nowNanos);
        }
        synchronized (lock) {
            if (underWay || next.isEmpty()) {
                return;
            }
            underWay = true;
        }
        start();
    }

    /** Rounds that had no answer in time and were tried again. */
    long slow() {
        return slow.sum();
    }

    /** Readers that no round answered until their time-out. */
    long failed() {
        return failed.sum();
    }

    void stop() {
        List<Waiting> round;
        synchronized (lock) {
            stopped = true;
            round = next;
            next = new ArrayList<>();
        }
        round.forEach(waiting -> waiting.done.completeExceptionally(stopping()));
    }

    private static ReplicationException stopping() {
        return new ReplicationException(ReplicationException.Kind.STOPPED, "this node is stopping");
    }
}

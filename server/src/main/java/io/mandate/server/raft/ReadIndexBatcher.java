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
 * Linearizable reads by ReadIndex (Raft thesis §6.4), one quorum round for all readers readers: while a round is in
 * flight, readers accumulate for the next one. Only a round that starts after a reader arrived proves what the reader
 * needs.
 *
 * <p>The same round proves leadership: if this node led in one term before the round and still does after it, it was
 * the leader that answered the round. (Had it been deposed in between, the new leader would have answered; the state
 * machine would have applied that leader's first entry before the round completes, and have been notified of the lost
 * leadership.)
 *
 * <p>Thread-safe.
 */
final class ReadIndexBatcher {
    private static final Logger LOG = LoggerFactory.getLogger(ReadIndexBatcher.class);
    private static final byte[] NO_CONTEXT = new byte[0];

    /** The timeout of a round, which is then retried: etcd's interval. */
    private static final long ROUND_MILLIS_MAX = 500;

    /** The engine's ReadIndex. */
    interface ReadIndex {
        void read(byte[] context, ReadIndexClosure done);
    }

    private record Reader(CompletableFuture<Long> done, boolean leadersOnly, long deadlineNanos) {}

    private final ReadIndex readIndex;
    private final LongSupplier leaderTerm;
    private final long timeoutNanos;
    private final Object lock = new Object();
    private List<Reader> next = new ArrayList<>();
    private boolean inFlight;
    private boolean stopped;
    private final LongAdder slow = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile @Nullable Round latest;

    /**
     * Creates the batcher.
     *
     * @param leaderTerm supplies the term in which this node leads as far as its state machine knows, 0 if it does not
     */
    ReadIndexBatcher(ReadIndex readIndex, LongSupplier leaderTerm, long timeoutMillis) {
        this.readIndex = readIndex;
        this.leaderTerm = leaderTerm;
        this.timeoutNanos = timeoutMillis * 1_000_000;
    }

    /**
     * Joins the next round; completes with the term in which this node leads, 0 if it does not lead.
     *
     * @param leadersOnly whether to fail with NOT_LEADER instead of completing with 0
     */
    CompletableFuture<Long> join(boolean leadersOnly) {
        Reader reader = new Reader(new CompletableFuture<>(), leadersOnly, System.nanoTime() + timeoutNanos);
        synchronized (lock) {
            if (stopped) {
                reader.done.completeExceptionally(stopping());
                return reader.done;
            }
            next.add(reader);
            if (inFlight) {
                return reader.done;
            }
            inFlight = true;
        }
        start();
        return reader.done;
    }

    private void start() {
        List<Reader> readers;
        synchronized (lock) {
            readers = next;
            next = new ArrayList<>();
            if (readers.isEmpty()) {
                inFlight = false;
                return;
            }
        }
        Round round = new Round(readers);
        latest = round;
        try {
            readIndex.read(NO_CONTEXT, round);
        } catch (IllegalStateException stopping) {
            // The engine has completed the round already: it both calls the closure and throws.
            LOG.debug("round-refused cause=\"{}\"", stopping.getMessage());
        }
    }

    private final class Round extends ReadIndexClosure {
        private final List<Reader> readers;
        private final long termBefore = leaderTerm.getAsLong();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final long startNanos = System.nanoTime();

        Round(List<Reader> readers) {
            // no timeout by the engine: its timer would tick every millisecond for ever, which costs an idle node
            super(-1);
            // feels
            this.readers = readers;
        }

        void endIfOverdue(long nowNanos) {
            if (!ended.get() && nowNanos - startNanos > ROUND_MILLIS_MAX * 1_000_000) {
                slow.increment();
                run(new Status(RaftError.ETIMEDOUT, "no answer within %d ms", ROUND_MILLIS_MAX), 0, NO_CONTEXT);
            }
        }

        /** May be called twice: by the engine, and after the round's timeout. */
        @Override
        public void run(Status status, long index, byte[] context) {
            if (ended.compareAndSet(false, true)) {
                finish(readers, status, termBefore);
            }
        }
    }

    private void finish(List<Reader> round, Status status, long termBefore) {
        long termAfter = leaderTerm.getAsLong();
        long provenTerm = termBefore == termAfter ? termAfter : 0;
        List<Reader> retried = new ArrayList<>();
        List<Runnable> completions = new ArrayList<>(round.size());
        long nowNanos = System.nanoTime();
        for (Reader reader : round) {
            if (status.isOk() && (provenTerm != 0 || !reader.leadersOnly)) {
                completions.add(() -> reader.done.complete(provenTerm));
            } else if (reader.leadersOnly && provenTerm == 0) {
                completions.add(() -> reader.done.completeExceptionally(
                        new ReplicationException(ReplicationException.Kind.NOT_LEADER, "this node is not the leader")));
            } else if (nowNanos - reader.deadlineNanos >= 0) {
                failed.increment();
                completions.add(() -> reader.done.completeExceptionally(new ReplicationException(
                        ReplicationException.Kind.TIMED_OUT,
                        "no majority confirmed the read: " + status.getErrorMsg())));
            } else {
                retried.add(reader);
            }
        }
        boolean retryLater;
        synchronized (lock) {
            if (stopped) {
                retried.forEach(reader -> completions.add(() -> reader.done.completeExceptionally(stopping())));
                retried.clear();
            }
            next.addAll(retried);
            retryLater = !retried.isEmpty();
            if (retryLater) {
                // The tick starts the next round: without a leader, it would fail again at once.
                inFlight = false;
            }
        }
        if (!retryLater) {
            start();
        }
        completions.forEach(Runnable::run);
    }

    /**
     * Times out a slow round, and starts one for the readers whose last one failed. Must be called every few
     * milliseconds.
     */
    void tick(long nowNanos) {
        Round round = latest;
        if (round != null) {
            round.endIfOverdue(nowNanos);
        }
        synchronized (lock) {
            if (inFlight || next.isEmpty()) {
                return;
            }
            inFlight = true;
        }
        start();
    }

    /** The rounds that timed out and were retried. */
    long slow() {
        return slow.sum();
    }

    /** The readers that timed out. */
    long failed() {
        return failed.sum();
    }

    void stop() {
        List<Reader> round;
        synchronized (lock) {
            stopped = true;
            round = next;
            next = new ArrayList<>();
        }
        round.forEach(reader -> reader.done.completeExceptionally(stopping()));
    }

    private static ReplicationException stopping() {
        return new ReplicationException(ReplicationException.Kind.STOPPED, "this node is stopping");
    }
}

package io.mandate.store.etcd;

import com.google.protobuf.ByteString;
import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.TermAccess;
import io.mandate.election.internal.queue.ElectionQueue;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guards keys that are in the same store as the election: each write is one transaction that takes effect only while
 * the leader's own key is there, created at the revision that is its token.
 *
 * <p>That is stricter than comparing with the largest token seen. When the key is gone, by expiry or resignation, its
 * leader can write no more, whether its successor has written or not; and a token smaller than the present leader's has
 * no key.
 *
 * <p>Who also changes these keys without the guard is not hindered. Thread-safe.
 *
 * <p><b>Lost answers.</b> Each write leaves its own mark on the leader's lease, in the same transaction. If it is sent
 * again and refused, the mark tells whether that is because it took effect the first time.
 */
public final class StoreGuard {
    private static final Logger LOG = LoggerFactory.getLogger(StoreGuard.class);

    /** Longest id of an operation, in bytes of UTF-8. */
    public static final int OPERATION_ID_BYTES_MAX = 256;

    /** Longest result of an operation, in bytes of UTF-8. */
    public static final int RESULT_BYTES_MAX = 4_096;

    /** Operations that are remembered, about: the oldest are forgotten first. */
    public static final int OPERATIONS_MAX = 5_000;

    /** How long an operation is remembered. */
    public static final Duration OPERATION_AGE_MAX = Duration.ofDays(7);

    /**
     * The latest are remembered whatever their age, which the clocks of two leaders tell: what a leader did last is
     * what its successor repeats.
     */
    private static final int OPERATIONS_MIN = 16;

    /** Each costs a list of all that is remembered. */
    private static final int OPERATIONS_BETWEEN_CLEANINGS = 200;

    private static final int USED_MARKS_AT_ONCE = 8;
    private static final String MARK = "/mandate/mark/";
    private static final String OPERATIONS = "/mandate/operation/";

    private final EtcdStore store;
    private final String resource;
    private final Clock clock;
    private final String id = UUID.randomUUID().toString();
    /** Marks of writes that were answered: deleted by the writes that follow, and at the latest with the lease. */
    private final Queue<ByteString> usedMarks = new ConcurrentLinkedQueue<>();

    private final AtomicInteger operationsDone = new AtomicInteger();
    private volatile @Nullable Holder lastHolder;

    /** A leader's key in the election. */
    private record Holder(long token, ByteString key, long leaseId) {}

    private StoreGuard(EtcdStore store, String resource, Clock clock) {
        this.store = store;
        this.resource = resource;
        this.clock = clock;
    }

    /**
     * A guard.
     *
     * @param store the one that the elections are held on
     * @param resource what is guarded: up to 256 bytes; the guard's own keys begin with it
     */
    public static StoreGuard on(EtcdStore store, String resource) {
        return on(store, resource, Clock.systemUTC());
    }

    static StoreGuard on(EtcdStore store, String resource, Clock clock) {
        requireBytes("name of a resource", resource, 1, 256);
        return new StoreGuard(store, resource, clock);
    }

    /** A key, by a linearizable read. */
    public Optional<Entry> read(String key) {
        return join(store.read(key));
    }

    /**
     * Writes, if the term goes on.
     *
     * @throws StaleTokenException if another one leads
     * @throws TermEndedException if the term is over, and nobody else leads yet
     * @throws io.mandate.election.store.StoreException if the store cannot be reached: it may have been written
     */
    public StoreWrite write(Term term, Consumer<StoreChanges> changes) {
        return join(writeAsync(term, changes));
    }

    /** As {@link #write}, without waiting. */
    public CompletableFuture<StoreWrite> writeAsync(Term term, Consumer<StoreChanges> changes) {
        term.requireValid(Duration.ZERO);
        StoreChanges own = new StoreChanges();
        changes.accept(own);
        own.take();
        return holder(term).thenCompose(holder -> transact(term, holder, own));
    }

    /**
     * Does an operation once, whoever asks for it how often: its id and result are written in the same transaction as
     * its effect. Remembered are the latest {@value #OPERATIONS_MAX}, for 7 days by the writers' wall clocks, and the
     * last 16 for longer.
     *
     * @param operation adds its changes, and returns its result; called again upon a conflict with what it expects
     * @return the result of the first time
     */
    public String once(Term term, String operationId, Function<StoreChanges, String> operation) {
        requireBytes("operation id", operationId, 1, OPERATION_ID_BYTES_MAX);
        String key = resource + OPERATIONS + operationId;
        for (int i = 0; i < OPERATIONS_MAX; i++) {
            Optional<Entry> before = read(key);
            if (before.isPresent()) {
                return Operation.parse(before.get().value()).result();
            }
            String[] result = new String[1];
            StoreWrite done = write(term, changes -> {
                String made = operation.apply(changes);
                requireBytes("result", made, 0, RESULT_BYTES_MAX);
                result[0] = made;
                changes.put(key, new Operation(clock.instant(), made).text()).expect(key, 0);
            });
            if (done instanceof StoreWrite.Written) {
                forgetSome();
                return result[0];
            }
        }
        throw new IllegalStateException("operation " + operationId + " met with a conflict " + OPERATIONS_MAX
                + " times in a row: others write the same keys all the time");
    }

    private CompletableFuture<Holder> holder(Term term) {
        Holder known = lastHolder;
        if (known != null && known.token() == term.token()) {
            return CompletableFuture.completedFuture(known);
        }
        return ElectionQueue.all(store, term.election())
                .thenApply(candidates -> {
                    Entry own = candidates.stream()
                            .filter(candidate -> candidate.creation() == term.token())
                            .findFirst()
                            .orElseThrow(() -> over(term, candidates.stream().findFirst()));
                    Holder holder = new Holder(term.token(), ByteString.copyFromUtf8(own.key()), own.leaseId());
                    lastHolder = holder;
                    return holder;
                })
                .toCompletableFuture();
    }

    private CompletableFuture<StoreWrite> transact(Term term, Holder holder, StoreChanges changes) {
        ByteString mark = ByteString.copyFromUtf8(resource + MARK + id + "/" + UUID.randomUUID());
        TxnRequest.Builder txn = TxnRequest.newBuilder()
                .addCompare(Transactions.wasCreatedAt(holder.key(), holder.token()))
                .addCompare(Transactions.isAt(mark, 0))
                .addAllCompare(changes.expected())
                .addAllSuccess(changes.operations())
                .addSuccess(Transactions.put(mark, ByteString.EMPTY, holder.leaseId()))
                .addFailure(Transactions.get(holder.key()))
                .addFailure(Transactions.get(mark));
        for (int i = 0; i < USED_MARKS_AT_ONCE; i++) {
            ByteString used = usedMarks.poll();
            if (used != null) {
                txn.addSuccess(Transactions.delete(used));
            }
        }
        return store.transact(txn.build(), holder.leaseId())
                .handle((answer, failure) -> {
                    if (answer == null) {
                        // Without its lease the leader has no key either.
                        return EtcdStore.isNoSuchLease(failure)
                                ? superseded(term)
                                : CompletableFuture.<StoreWrite>failedFuture(failure);
                    }
                    return judged(term, holder, mark, answer);
                })
                .thenCompose(judged -> judged);
    }

    private CompletableFuture<StoreWrite> judged(Term term, Holder holder, ByteString mark, TxnResponse answer) {
        if (answer.getSucceeded()) {
            usedMarks.add(mark);
            return CompletableFuture.completedFuture(
                    new StoreWrite.Written(answer.getHeader().getRevision()));
        }
        List<KeyValue> marks = answer.getResponses(1).getResponseRange().getKvsList();
        if (!marks.isEmpty()) {
            usedMarks.add(mark);
            return CompletableFuture.completedFuture(
                    new StoreWrite.Written(marks.get(0).getModRevision()));
        }
        boolean leads = answer.getResponses(0).getResponseRange().getKvsList().stream()
                .anyMatch(kv -> kv.getCreateRevision() == holder.token());
        return leads ? CompletableFuture.completedFuture(new StoreWrite.Conflict()) : superseded(term);
    }

    private CompletableFuture<StoreWrite> superseded(Term term) {
        return ElectionQueue.first(store, term.election())
                .<StoreWrite>thenApply(first -> {
                    throw over(term, first);
                })
                .toCompletableFuture();
    }

    private RuntimeException over(Term term, Optional<Entry> first) {
        Optional<Entry> leader = first.filter(candidate -> candidate.creation() > term.token());
        if (leader.isPresent()) {
            return StaleTokenException.of(resource, term, leader.get().creation());
        }
        TermAccess.superseded(term);
        return new TermEndedException(
                "write to " + resource + " refused: the key of term " + term.token() + " in election " + term.election()
                        + " is gone, and nobody leads yet; stop this work",
                TermEnd.SUPERSEDED);
    }

    /** Now and then. The operation is done: what hinders this is no failure of it. */
    private void forgetSome() {
        if (operationsDone.incrementAndGet() % OPERATIONS_BETWEEN_CLEANINGS != 0) {
            return;
        }
        try {
            forgetTheOldest();
        } catch (RuntimeException failure) {
            LOG.warn("operations-not-forgotten resource={} cause=\"{}\"", resource, failure.toString());
        }
    }

    /** What is too old or too much, in the order in which it came. */
    private void forgetTheOldest() {
        Instant oldest = clock.instant().minus(OPERATION_AGE_MAX);
        List<Entry> operations = join(store.list(resource + OPERATIONS, LeaseStore.LIST_MAX));
        int tooMany = Math.max(0, operations.size() - OPERATIONS_MAX);
        for (int i = 0; i < operations.size() - OPERATIONS_MIN; i++) {
            Entry operation = operations.get(i);
            if (i >= tooMany && !Operation.parse(operation.value()).at().isBefore(oldest)) {
                return;
            }
            join(store.delete(operation.key(), operation.creation()));
        }
    }

    private static void requireBytes(String what, String text, int least, int most) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < least || bytes > most) {
            throw new IllegalArgumentException("the " + what + " has " + bytes + " bytes of UTF-8, not between " + least
                    + " and " + most + ": choose a shorter one");
        }
    }

    private static <A> A join(CompletableFuture<A> answer) {
        try {
            return answer.join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw failed;
        }
    }

    /** An operation that was done, as the store remembers it. */
    private record Operation(Instant at, String result) {
        String text() {
            return at.toEpochMilli() + " " + result;
        }

        static Operation parse(String text) {
            int space = text.indexOf(' ');
            return new Operation(
                    Instant.ofEpochMilli(Long.parseLong(text.substring(0, space))), text.substring(space + 1));
        }
    }
}

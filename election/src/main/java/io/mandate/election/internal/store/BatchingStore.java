package io.mandate.election.internal.store;

import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Makes batches of what is asked for in one turn of a loop: so that a thousand elections whose lease ended, or whose
 * partitions move, are some ten requests and not a thousand. What is asked for alone is sent alone, and nothing is
 * waited for, except that no more than {@value #UNDER_WAY_MAX} batches are under way: what comes meanwhile makes the
 * next ones longer.
 *
 * <p>Reads, lists, writes and deletes are gathered; leases and watches are handed on as they are. Thread-safe, and only
 * for speed: what is asked for at the same time may take effect in any order, as without it.
 */
public final class BatchingStore implements LeaseStore {
    /** More would be shorter. */
    static final int UNDER_WAY_MAX = 16;

    /** What a store that does not answer must not be asked for more: requests time out in seconds. */
    static final int WAITING_MAX = 200_000;

    /** Of keys and values: half of what etcd takes in a request by default. */
    private static final int BYTES_MAX = 768 << 10;

    private final LeaseStore inner;
    private final Scheduler loop;
    private final List<Item<?, ?>> waiting = new ArrayList<>();
    private boolean scheduled;
    private int underWay;
    private long batches;
    private long items;

    /**
     * A store that gathers for another.
     *
     * @param inner asked on the loop, as a {@link CheckedStore}; closed with this
     */
    public BatchingStore(LeaseStore inner, Scheduler loop) {
        this.inner = CheckedStore.of(inner);
        this.loop = loop;
    }

    /** Requests that can be in one batch are of equal kinds. */
    private interface Kind<Q, A> {
        CompletionStage<A> alone(LeaseStore store, Q request);

        CompletionStage<List<A>> together(LeaseStore store, List<Q> requests);

        String key(Q request);

        /** Whether no two keys of one directory may be in a batch. */
        boolean writes();

        default int bytes(Q request) {
            return key(request).length();
        }
    }

    private record Reads() implements Kind<String, Optional<Entry>> {
        @Override
        public CompletionStage<Optional<Entry>> alone(LeaseStore store, String key) {
            return store.read(key);
        }

        @Override
        public CompletionStage<List<Optional<Entry>>> together(LeaseStore store, List<String> keys) {
            return store.readAll(keys);
        }

        @Override
        public String key(String key) {
            return key;
        }

        @Override
        public boolean writes() {
            return false;
        }
    }

    private record Lists(int limit) implements Kind<String, List<Entry>> {
        @Override
        public CompletionStage<List<Entry>> alone(LeaseStore store, String prefix) {
            return store.list(prefix, limit);
        }

        @Override
        public CompletionStage<List<List<Entry>>> together(LeaseStore store, List<String> prefixes) {
            return store.listAll(prefixes, limit);
        }

        @Override
        public String key(String prefix) {
            return prefix;
        }

        @Override
        public boolean writes() {
            return false;
        }
    }

    private record Changes(long leaseId) implements Kind<ConditionalPut, CasResult> {
        @Override
        public CompletionStage<CasResult> alone(LeaseStore store, ConditionalPut change) {
            return store.compareAndSet(change.key(), change.expectedVersion(), change.value(), leaseId);
        }

        @Override
        public CompletionStage<List<CasResult>> together(LeaseStore store, List<ConditionalPut> changes) {
            return store.compareAndSetAll(changes, leaseId);
        }

        @Override
        public String key(ConditionalPut change) {
            return change.key();
        }

        @Override
        public boolean writes() {
            return true;
        }

        @Override
        public int bytes(ConditionalPut change) {
            return change.key().length() + change.value().getBytes(StandardCharsets.UTF_8).length;
        }
    }

    private record Removals() implements Kind<ConditionalDelete, Boolean> {
        @Override
        public CompletionStage<Boolean> alone(LeaseStore store, ConditionalDelete removal) {
            return store.delete(removal.key(), removal.creation());
        }

        @Override
        public CompletionStage<List<Boolean>> together(LeaseStore store, List<ConditionalDelete> removals) {
            return store.deleteAll(removals);
        }

        @Override
        public String key(ConditionalDelete removal) {
            return removal.key();
        }

        @Override
        public boolean writes() {
            return true;
        }
    }

    private static final class Item<Q, A> {
        final Kind<Q, A> kind;
        final Q request;
        final CompletableFuture<A> answer = new CompletableFuture<>();

        Item(Kind<Q, A> kind, Q request) {
            this.kind = kind;
            this.request = request;
        }

        /** Of one kind, as the one who asks has made sure. */
        @SuppressWarnings("unchecked")
        Filling<Q, A> in(Filling<?, ?> batch) {
            return (Filling<Q, A>) batch;
        }
    }

    /** A batch that is being made. */
    private static final class Filling<Q, A> {
        final List<Item<Q, A>> items = new ArrayList<>();
        private final Set<String> directories = new HashSet<>();
        private int bytes;

        boolean add(Item<Q, A> item) {
            int more = item.kind.bytes(item.request);
            boolean fits = items.isEmpty() || (items.size() < BATCH_MAX && bytes + more <= BYTES_MAX);
            if (!fits || (item.kind.writes() && !directories.add(BatchLimits.directory(item.kind.key(item.request))))) {
                return false;
            }
            bytes += more;
            items.add(item);
            return true;
        }

        CompletionStage<List<A>> ask(LeaseStore store) {
            Kind<Q, A> kind = items.get(0).kind;
            return items.size() == 1
                    ? kind.alone(store, items.get(0).request).thenApply(List::of)
                    : kind.together(
                            store, items.stream().map(item -> item.request).toList());
        }
    }

    private <Q, A> CompletionStage<A> gather(Kind<Q, A> kind, Q request) {
        Item<Q, A> item = new Item<>(kind, request);
        synchronized (waiting) {
            if (waiting.size() >= WAITING_MAX) {
                return CompletableFuture.failedStage(new StoreException(WAITING_MAX + " requests wait for "
                        + inner.guarantees().store() + " to answer others: ask for less at a time"));
            }
            waiting.add(item);
            if (scheduled || underWay >= UNDER_WAY_MAX) {
                return item.answer;
            }
            scheduled = true;
        }
        loop.execute(this::send);
        return item.answer;
    }

    private void send() {
        List<Filling<?, ?>> ready;
        synchronized (waiting) {
            scheduled = false;
            ready = filled();
            underWay += ready.size();
            batches += ready.size();
        }
        ready.forEach(this::send);
    }

    /** As many batches as may be under way; what is not in them waits on. */
    private List<Filling<?, ?>> filled() {
        Map<Kind<?, ?>, List<Filling<?, ?>>> open = new LinkedHashMap<>();
        List<Filling<?, ?>> all = new ArrayList<>();
        List<Item<?, ?>> rest = new ArrayList<>();
        for (Item<?, ?> item : waiting) {
            if (!place(item, open.computeIfAbsent(item.kind, kind -> new ArrayList<>()), all)) {
                rest.add(item);
            }
        }
        items += waiting.size() - rest.size();
        waiting.clear();
        waiting.addAll(rest);
        return all;
    }

    private <Q, A> boolean place(Item<Q, A> item, List<Filling<?, ?>> ofKind, List<Filling<?, ?>> all) {
        for (Filling<?, ?> batch : ofKind) {
            if (item.in(batch).add(item)) {
                return true;
            }
        }
        if (underWay + all.size() >= UNDER_WAY_MAX) {
            return false;
        }
        Filling<Q, A> next = new Filling<>();
        next.add(item);
        ofKind.add(next);
        all.add(next);
        return true;
    }

    private <Q, A> void send(Filling<Q, A> batch) {
        batch.ask(inner).whenComplete((answers, failure) -> {
            answered();
            for (int i = 0; i < batch.items.size(); i++) {
                CompletableFuture<A> asked = batch.items.get(i).answer;
                if (failure == null) {
                    asked.complete(answers.get(i));
                } else {
                    asked.completeExceptionally(failure);
                }
            }
        });
    }

    private void answered() {
        synchronized (waiting) {
            underWay--;
            if (scheduled || waiting.isEmpty()) {
                return;
            }
            scheduled = true;
        }
        loop.execute(this::send);
    }

    /** How many requests have been sent, for how many that were asked for. */
    record Traffic(long batches, long items) {}

    Traffic traffic() {
        synchronized (waiting) {
            return new Traffic(batches, items);
        }
    }

    @Override
    public StoreGuarantees guarantees() {
        return inner.guarantees();
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return gather(new Reads(), key);
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        return gather(new Lists(limit), prefix);
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        return gather(new Changes(leaseId), new ConditionalPut(key, expectedVersion, value));
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        return gather(new Removals(), new ConditionalDelete(key, creation));
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return inner.grant(ttlMillis);
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return inner.renew(leaseId);
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return inner.revoke(leaseId);
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        return inner.watch(prefix, changed);
    }

    @Override
    public Watch watchKeys(String prefix, Consumer<Optional<String>> changed) {
        return inner.watchKeys(prefix, changed);
    }

    @Override
    public void close() {
        inner.close();
    }
}

package io.mandate.testkit;

import io.mandate.election.internal.store.CheckedStore;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A connection to a store that a test can hold up. While it is paused no request gets through, no answer comes back and
 * no watch calls: the lease of a candidate on it runs out, and its work, which knows nothing of it, goes on. What a
 * long garbage collection, SIGSTOP or a network partition does to a leader.
 *
 * <p>Who looks at its clocks still sees the deadline pass: the {@link io.mandate.election.Term} ends on time. Work that
 * does not look is what guards are for. Thread-safe.
 */
public final class PausableStore implements LeaseStore {
    /** Requests, answers and calls that wait for the end of a pause: more are a candidate that does not give up. */
    private static final int WAITING_MAX = 100_000;

    private final LeaseStore inner;
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean paused;

    /** @param inner closed with this */
    public PausableStore(LeaseStore inner) {
        this.inner = CheckedStore.of(inner);
    }

    /** Holds everything up that has not got through yet. Harmless when paused. */
    public void pause() {
        synchronized (waiting) {
            paused = true;
        }
    }

    /** Lets everything through that waits, in order, late as it is. Harmless when not paused. */
    public void resume() {
        List<Runnable> late;
        synchronized (waiting) {
            paused = false;
            late = List.copyOf(waiting);
            waiting.clear();
        }
        late.forEach(Runnable::run);
    }

    /** Runs it now, or when the pause is over; never under the lock. */
    private void pass(Runnable action) {
        synchronized (waiting) {
            if (paused) {
                if (waiting.size() >= WAITING_MAX) {
                    throw new IllegalStateException(
                            WAITING_MAX + " requests and answers wait for a paused store to resume: resume it");
                }
                waiting.add(action);
                return;
            }
        }
        action.run();
    }

    private <A> CompletionStage<A> ask(Supplier<CompletionStage<A>> request) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        pass(() -> begin(request, answer));
        return answer;
    }

    private <A> void begin(Supplier<CompletionStage<A>> request, CompletableFuture<A> answer) {
        request.get()
                .whenComplete((value, failure) -> pass(() -> {
                    if (failure == null) {
                        answer.complete(value);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                }));
    }

    @Override
    public StoreGuarantees guarantees() {
        return inner.guarantees();
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return ask(() -> inner.read(key));
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        return ask(() -> inner.list(prefix, limit));
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        return ask(() -> inner.compareAndSet(key, expectedVersion, value, leaseId));
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        return ask(() -> inner.delete(key, creation));
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return ask(() -> inner.grant(ttlMillis));
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return ask(() -> inner.renew(leaseId));
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return ask(() -> inner.revoke(leaseId));
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        return inner.watch(prefix, () -> pass(changed));
    }

    /** Also ends the pause, so that what is under way can fail. */
    @Override
    public void close() {
        inner.close();
        resume();
    }
}

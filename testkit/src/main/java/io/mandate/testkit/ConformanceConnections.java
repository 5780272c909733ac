package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Two connections to the store under test, and a part of its keys that nobody else uses. */
abstract class ConformanceConnections {
    /** Shorter leases are lost to a pause of a busy test machine, and the test would prove nothing. */
    private static final long TTL_MILLIS_MIN = 500;

    private static final long LONG_TTL_MILLIS = 120_000;
    private static final long POLL_NANOS = 5_000_000;

    final String prefix =
            "conformance/" + Long.toHexString(ThreadLocalRandom.current().nextLong()) + "/";
    private final List<LeaseStore> connections = new ArrayList<>();

    /** Set for each test, before it begins. */
    @SuppressWarnings("NullAway.Init") // JUnit calls connectTwice() first.
    LeaseStore store;

    @SuppressWarnings("NullAway.Init") // As above.
    LeaseStore other;

    /** See {@link StoreConformance#connect}. */
    protected abstract LeaseStore connect() throws Exception;

    /**
     * How long the suite waits for an answer, or for something that only has to happen at some time, before it fails:
     * 30 s, as nothing is said about speed here.
     */
    protected Duration patience() {
        return Duration.ofSeconds(30);
    }

    @BeforeEach
    void connectTwice() throws Exception {
        store = oneMore();
        other = oneMore();
    }

    @AfterEach
    void closeAll() {
        connections.forEach(LeaseStore::close);
    }

    LeaseStore oneMore() throws Exception {
        LeaseStore connection = connect();
        connections.add(connection);
        return connection;
    }

    <A> A get(CompletionStage<A> answer) {
        try {
            return answer.toCompletableFuture().get(patience().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw new AssertionError("the store failed: " + failed.getCause(), failed.getCause());
        } catch (TimeoutException late) {
            throw new AssertionError("the store did not answer, nor fail, within " + patience(), late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", interrupted);
        }
    }

    /** What a request that must not succeed fails with, whether at once or later. */
    Throwable failure(Supplier<CompletionStage<?>> request) {
        CompletionStage<?> answer;
        try {
            answer = request.get();
        } catch (RuntimeException refused) {
            return refused;
        }
        try {
            Object value = answer.toCompletableFuture().get(patience().toMillis(), TimeUnit.MILLISECONDS);
            return fail("expected a failure, not the answer " + value);
        } catch (ExecutionException failed) {
            return failed.getCause() == null ? failed : failed.getCause();
        } catch (TimeoutException late) {
            return fail("the store did not answer, nor fail, within " + patience());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return fail("interrupted");
        }
    }

    /** Looks until it is so. */
    void eventually(String what, BooleanSupplier condition) {
        long startNanos = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startNanos > patience().toNanos()) {
                fail("not so within " + patience() + ": " + what);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    static Entry written(CasResult swap) {
        assertThat(swap).isInstanceOf(CasResult.Written.class);
        return ((CasResult.Written) swap).entry();
    }

    /** Creates a key without a lease. */
    Entry create(String name) {
        return create(name, 0);
    }

    Entry create(String name, long leaseId) {
        return written(get(store.compareAndSet(prefix + name, 0, "value of " + name, leaseId)));
    }

    Entry replace(Entry present, String value, long leaseId) {
        return written(get(store.compareAndSet(present.key(), present.version(), value, leaseId)));
    }

    boolean isThere(String name) {
        return get(other.read(prefix + name)).isPresent();
    }

    List<String> names(LeaseStore from, String namesBeginWith) {
        return get(from.list(prefix + namesBeginWith, LeaseStore.LIST_MAX)).stream()
                .map(entry -> entry.key().substring(prefix.length()))
                .toList();
    }

    /** The shortest lease that is worth looking at. */
    long ttlMillis() {
        return roundUp(Math.max(TTL_MILLIS_MIN, store.guarantees().ttlMillisMin()));
    }

    /** Of a lease that outlives the test. */
    long longTtlMillis() {
        return roundUp(Math.max(LONG_TTL_MILLIS, store.guarantees().ttlMillisMin()));
    }

    private long roundUp(long millis) {
        long step = store.guarantees().ttlMillisStep();
        return (millis + step - 1) / step * step;
    }

    long longLease() {
        return get(store.grant(longTtlMillis())).leaseId();
    }
}

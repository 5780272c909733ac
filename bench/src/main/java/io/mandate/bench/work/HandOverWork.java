package io.mandate.bench.work;

import io.mandate.bench.harness.Percentiles;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.store.etcd.EtcdStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Many candidates in a queue; whoever leads resigns and queues up again: how long until the next one leads. The same
 * library on both stores, with its defaults: histories are kept.
 */
public final class HandOverWork implements Work {
    private static final int CANDIDATES = 128;
    private static final int CONNECTIONS = 8;
    private static final int WARMUP = CANDIDATES / 2;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final long SECONDS_MAX = 60;

    @Override
    public List<Metric> metrics() {
        return List.of(Metrics.HANDOVER_MEDIAN, Metrics.HANDOVER_HIGH);
    }

    @Override
    public void measure(Target target) throws Exception {
        List<EtcdStore> stores = new ArrayList<>();
        List<Election> candidates = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                stores.add(EtcdStore.connect(String.join(",", target.cluster().endpoints())));
            }
            for (int i = 0; i < CANDIDATES; i++) {
                candidates.add(Election.on(stores.get(i % CONNECTIONS))
                        .name("bench/hand-over")
                        .candidate("candidate-" + i)
                        .join());
            }
            Percentiles delays = new Percentiles(handOver(candidates));
            target.add(Metrics.HANDOVER_MEDIAN, delays.at(50) / NANOS_PER_MILLI);
            target.add(Metrics.HANDOVER_HIGH, delays.at(99) / NANOS_PER_MILLI);
        } finally {
            candidates.stream().map(Election::closeAsync).toList().forEach(CompletableFuture::join);
            stores.forEach(EtcdStore::close);
        }
    }

    /** Queued one after the other, so that the next one is known. */
    private static long[] handOver(List<Election> candidates) throws Exception {
        List<CompletableFuture<Leadership>> queue = new ArrayList<>();
        List<CompletableFuture<Long>> ledAtNanos = new ArrayList<>();
        for (Election candidate : candidates) {
            CompletableFuture<Leadership> leads = candidate.lead();
            queue.add(leads);
            ledAtNanos.add(leads.thenApply(leadership -> System.nanoTime()));
            awaitQueued(candidates.get(0), queue.size());
        }
        long[] delays = new long[CANDIDATES - 1 - WARMUP];
        for (int i = 0; i < CANDIDATES - 1; i++) {
            Leadership leadership = queue.get(i).get(SECONDS_MAX, TimeUnit.SECONDS);
            TimeUnit.MILLISECONDS.sleep(5);
            long resignedNanos = System.nanoTime();
            CompletableFuture<Void> released = leadership.release();
            long nextNanos = ledAtNanos.get(i + 1).get(SECONDS_MAX, TimeUnit.SECONDS);
            if (i >= WARMUP) {
                delays[i - WARMUP] = nextNanos - resignedNanos;
            }
            released.get(SECONDS_MAX, TimeUnit.SECONDS);
        }
        queue.get(CANDIDATES - 1).get(SECONDS_MAX, TimeUnit.SECONDS).close();
        return delays;
    }

    private static void awaitQueued(Election any, int count) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        while (any.candidates().get(SECONDS_MAX, TimeUnit.SECONDS).size() < count) {
            if (System.nanoTime() > endNanos) {
                throw new IllegalStateException("candidate " + count + " did not get into the queue");
            }
        }
    }
}

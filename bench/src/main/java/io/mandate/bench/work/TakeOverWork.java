package io.mandate.bench.work;

import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.internal.session.SessionOptions;
import io.mandate.store.etcd.EtcdStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A leader's connection is cut and its lease not given back, as if its process were dead: how long after the earliest
 * moment at which the store may end the lease does the next one lead.
 */
public final class TakeOverWork implements Work {
    /**
     * The shortest that etcd keeps: how soon the next one leads after the end of a lease does not depend on it. All
     * else is as users get it who set nothing.
     */
    private static final Duration TTL = Duration.ofSeconds(2);

    /** The default's, by which the holder's deadline is earlier than the lease's end. */
    private static final double DRIFT_BOUND = SessionOptions.DRIFT_BOUND_DEFAULT;

    private static final double NANOS_PER_MILLI = 1e6;
    private static final long SECONDS_MAX = 60;

    @Override
    public List<Metric> metrics() {
        return List.of(Metrics.TAKEOVER, Metrics.TAKEOVER_WORST);
    }

    @Override
    public void measure(Target target) throws Exception {
        List<Double> delays = new ArrayList<>();
        for (int i = 0; i < target.settings().kills(); i++) {
            delays.add(once(target, "bench/take-over-" + i));
        }
        delays.forEach(delay -> target.add(Metrics.TAKEOVER, delay));
        target.add(
                Metrics.TAKEOVER_WORST,
                delays.stream().mapToDouble(Double::doubleValue).max().orElseThrow());
    }

    private static double once(Target target, String name) throws Exception {
        String endpoints = String.join(",", target.cluster().endpoints());
        try (EtcdStore next = EtcdStore.connect(endpoints);
                EtcdStore dying = EtcdStore.connect(endpoints);
                Election successor = candidate(next, name);
                Election holder = candidate(dying, name)) {
            Leadership held = holder.lead().get(SECONDS_MAX, TimeUnit.SECONDS);
            CompletableFuture<Leadership> waiting = successor.lead();
            CompletableFuture<Long> ledAtNanos = waiting.thenApply(leadership -> System.nanoTime());
            // Some renewals later.
            TimeUnit.MILLISECONDS.sleep(TTL.toMillis());
            cut(dying);
            long earliestEndNanos =
                    System.nanoTime() + held.term().remaining().toNanos() + (long) (TTL.toNanos() * DRIFT_BOUND);
            double delay = (ledAtNanos.get(SECONDS_MAX, TimeUnit.SECONDS) - earliestEndNanos) / NANOS_PER_MILLI;
            if (delay < 0) {
                throw new IllegalStateException("the next one led " + -delay + " ms before the end of the lease");
            }
            waiting.get(SECONDS_MAX, TimeUnit.SECONDS).close();
            var unused = held.release();
            return delay;
        }
    }

    /** Nothing more is renewed, and nothing given back. */
    private static void cut(EtcdStore store) {
        store.close();
    }

    private static Election candidate(EtcdStore store, String name) {
        return Election.on(store).name(name).ttl(TTL).join();
    }
}

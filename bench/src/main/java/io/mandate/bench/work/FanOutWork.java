package io.mandate.bench.work;

import com.google.protobuf.ByteString;
import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.Percentiles;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.TimedPut;
import io.mandate.bench.harness.Watcher;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.verify.process.ProcessCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Many watchers of one key, each on a stream of its own, spread over all nodes. The client reads all events, so its own
 * time is part of both sides.
 */
public final class FanOutWork implements Work {
    private static final ByteString KEY = ByteString.copyFromUtf8("bench/fan-out");

    /**
     * Clients share few connections with nobody: a thousand streams on one connection would measure HTTP/2's limits.
     */
    private static final int CONNECTIONS_PER_NODE = 4;

    private static final double NANOS_PER_MILLI = 1e6;

    @Override
    public List<Metric> metrics() {
        return List.of(Metrics.FANOUT_LAST, Metrics.FANOUT_SPREAD);
    }

    @Override
    public void measure(Target target) throws Exception {
        Crowd crowd = new Crowd(target.settings().fanoutWatchers());
        List<Watcher> watchers = new ArrayList<>();
        try (Connections connections = target.connect(endpoints(target.cluster()))) {
            for (int i = 0; i < target.settings().fanoutWatchers(); i++) {
                watchers.add(new Watcher(connections.of(i), KEY, crowd));
            }
            for (Watcher watcher : watchers) {
                watcher.awaitCreated();
            }
            tell(target, connections, crowd);
            watchers.forEach(Watcher::close);
        }
    }

    private static void tell(Target target, Connections connections, Crowd crowd) throws Exception {
        List<Round> rounds = new ArrayList<>();
        long startNanos = System.nanoTime();
        long warmNanos = TimeUnit.MILLISECONDS.toNanos(target.settings().warmupMillis());
        long endNanos =
                warmNanos + TimeUnit.MILLISECONDS.toNanos(target.settings().windowMillis());
        while (System.nanoTime() - startNanos < endNanos) {
            crowd.expectNext();
            TimedPut put = TimedPut.send(connections.of(0), KEY);
            Round round = crowd.await(put.sentNanos());
            if (put.sentNanos() - startNanos >= warmNanos) {
                rounds.add(round);
            }
        }
        target.add(
                Metrics.FANOUT_LAST,
                median(rounds.stream().mapToLong(r -> r.lastNanos - r.sentNanos).toArray()));
        target.add(
                Metrics.FANOUT_SPREAD,
                median(rounds.stream()
                        .mapToLong(r -> r.lastNanos - r.firstNanos)
                        .toArray()));
    }

    private static double median(long[] nanos) {
        return new Percentiles(nanos).at(50) / NANOS_PER_MILLI;
    }

    private static List<String> endpoints(ProcessCluster cluster) {
        List<String> endpoints = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS_PER_NODE; i++) {
            endpoints.addAll(cluster.endpoints());
        }
        return endpoints;
    }

    private record Round(long sentNanos, long firstNanos, long lastNanos) {}

    /**
     * All watchers: a round is over when as many events came as there are watchers. The puts are one at a time, so no
     * event of another is among them.
     */
    private static final class Crowd implements Watcher.Listener {
        private final int size;
        private final AtomicReference<String> broken = new AtomicReference<>();
        private int told;
        private long firstNanos;
        private long lastNanos;
        private CountDownLatch allTold = new CountDownLatch(0);

        Crowd(int size) {
            this.size = size;
        }

        synchronized void expectNext() {
            told = 0;
            allTold = new CountDownLatch(1);
        }

        @Override
        public synchronized void event(long modRevision, long nanos) {
            if (told++ == 0) {
                firstNanos = nanos;
            }
            if (told == size) {
                lastNanos = nanos;
                allTold.countDown();
            }
        }

        @Override
        public synchronized void broken(String reason) {
            broken.compareAndSet(null, reason);
            allTold.countDown();
        }

        Round await(long sentNanos) throws InterruptedException {
            CountDownLatch latch;
            synchronized (this) {
                latch = allTold;
            }
            boolean ended = latch.await(TimedPut.SECONDS_MAX, TimeUnit.SECONDS);
            synchronized (this) {
                if (!ended || told != size || broken.get() != null) {
                    throw new IllegalStateException(told + " of " + size + " watchers were told; " + broken.get());
                }
                return new Round(sentNanos, firstNanos, lastNanos);
            }
        }
    }
}

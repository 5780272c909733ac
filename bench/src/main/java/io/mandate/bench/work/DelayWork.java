package io.mandate.bench.work;

import com.google.protobuf.ByteString;
import io.mandate.bench.harness.ClosedLoop;
import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.Percentiles;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.TimedPut;
import io.mandate.bench.harness.Watcher;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.verify.process.ClusterNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * One key is put through the leader again and again; a watcher on the leader and one on a follower say when they heard
 * of it.
 */
public final class DelayWork implements Work {
    private static final ByteString KEY = ByteString.copyFromUtf8("bench/delay");
    private static final int BACKGROUND_OUTSTANDING = 32;
    private static final double NANOS_PER_MILLI = 1e6;

    /** Long enough that nothing of the put before is still under way, short enough for a few hundred puts. */
    private static final long REST_MILLIS = 20;

    private final Metrics.Delay metrics;
    private final boolean busy;

    /** @param busy whether other clients swap other keys meanwhile */
    public DelayWork(Metrics.Delay metrics, boolean busy) {
        this.metrics = metrics;
        this.busy = busy;
    }

    @Override
    public List<Metric> metrics() {
        return metrics.all();
    }

    @Override
    public void measure(Target target) throws Exception {
        if (!busy) {
            addTo(target, observe(target));
            return;
        }
        try (Connections connections = target.connectLoops()) {
            ClosedLoop background = new ClosedLoop(LoopWork.casSlots(connections, BACKGROUND_OUTSTANDING));
            background.start();
            List<Heard> heard = observe(target);
            Optional<String> failure = background.stop();
            if (failure.isPresent()) {
                throw new IllegalStateException("background load: " + failure.get());
            }
            addTo(target, heard);
        }
    }

    private static List<Heard> observe(Target target) throws Exception {
        ClusterNode leader = target.leader();
        ClusterNode follower = target.followers().get(0);
        Arrivals atLeader = new Arrivals();
        Arrivals atFollower = new Arrivals();
        List<Heard> heard = new ArrayList<>();
        try (Connections connections =
                        target.connect(List.of(leader.endpoint(), leader.endpoint(), follower.endpoint()));
                Watcher onLeader = new Watcher(connections.of(1), KEY, atLeader);
                Watcher onFollower = new Watcher(connections.of(2), KEY, atFollower)) {
            onLeader.awaitCreated();
            onFollower.awaitCreated();
            long startNanos = System.nanoTime();
            long warmNanos = TimeUnit.MILLISECONDS.toNanos(target.settings().warmupMillis());
            long endNanos =
                    warmNanos + TimeUnit.MILLISECONDS.toNanos(target.settings().windowMillis());
            while (System.nanoTime() - startNanos < endNanos) {
                TimedPut put = TimedPut.send(connections.of(0), KEY);
                Heard told = new Heard(put, atLeader.await(put.revision()), atFollower.await(put.revision()));
                if (put.sentNanos() - startNanos >= warmNanos) {
                    heard.add(told);
                }
                TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
            }
        }
        return heard;
    }

    private void addTo(Target target, List<Heard> heard) {
        target.add(metrics.leaderFromSent(), millis(heard, 50, h -> h.leaderNanos - h.put.sentNanos()));
        target.add(metrics.followerFromSent(), millis(heard, 50, h -> h.followerNanos - h.put.sentNanos()));
        target.add(metrics.leaderFromAnswer(), millis(heard, 50, h -> h.leaderNanos - h.put.answeredNanos()));
        target.add(metrics.followerFromAnswer(), millis(heard, 50, h -> h.followerNanos - h.put.answeredNanos()));
        target.add(metrics.lagMedian(), millis(heard, 50, h -> h.followerNanos - h.leaderNanos));
        target.add(metrics.lagHigh(), millis(heard, 99, h -> h.followerNanos - h.leaderNanos));
    }

    private static double millis(List<Heard> heard, double percent, ToLongFunction<Heard> nanos) {
        return new Percentiles(heard.stream().mapToLong(nanos).toArray()).at(percent) / NANOS_PER_MILLI;
    }

    private record Heard(TimedPut put, long leaderNanos, long followerNanos) {}

    /** When each revision arrived. The event may come before the put's answer. */
    private static final class Arrivals implements Watcher.Listener {
        private final Map<Long, CompletableFuture<Long>> nanosByRevision = new ConcurrentHashMap<>();
        private final CompletableFuture<Long> broken = new CompletableFuture<>();

        @Override
        public void event(long modRevision, long nanos) {
            of(modRevision).complete(nanos);
        }

        @Override
        public void broken(String reason) {
            broken.completeExceptionally(new IllegalStateException(reason));
        }

        long await(long revision) throws Exception {
            Object nanos = CompletableFuture.anyOf(of(revision), broken).get(TimedPut.SECONDS_MAX, TimeUnit.SECONDS);
            return (Long) nanos;
        }

        private CompletableFuture<Long> of(long revision) {
            return nanosByRevision.computeIfAbsent(revision, unused -> new CompletableFuture<>());
        }
    }
}

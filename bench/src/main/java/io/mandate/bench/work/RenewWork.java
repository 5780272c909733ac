package io.mandate.bench.work;

import io.mandate.bench.harness.ClosedLoop;
import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.KeepAliveStream;
import io.mandate.bench.harness.Measured;
import io.mandate.bench.harness.Once;
import io.mandate.bench.harness.Slot;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.verify.process.ClusterNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Keep-alives, always as many outstanding, on one stream or on many. */
public final class RenewWork implements Work {
    private static final int OUTSTANDING = 256;
    private static final int LEASES_PER_SLOT = 4;

    private final Metrics.Loop metrics;
    private final int streams;
    private final boolean atLeader;

    /**
     * @param streams that share the outstanding renewals
     * @param atLeader else through the followers, or one of them if there is but one stream
     */
    public RenewWork(Metrics.Loop metrics, int streams, boolean atLeader) {
        this.metrics = metrics;
        this.streams = streams;
        this.atLeader = atLeader;
    }

    @Override
    public List<Metric> metrics() {
        return metrics.all();
    }

    @Override
    public void measure(Target target) throws InterruptedException {
        List<ClusterNode> nodes = atLeader ? List.of(target.leader()) : target.followers();
        List<String> endpoints = nodes.stream().map(ClusterNode::endpoint).toList();
        try (Connections connections = target.connect(endpoints)) {
            long[] leases = grant(connections, OUTSTANDING * LEASES_PER_SLOT);
            List<KeepAliveStream> open = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                open.add(new KeepAliveStream(connections.of(i)));
            }
            List<Slot> slots = new ArrayList<>();
            for (int i = 0; i < OUTSTANDING; i++) {
                long[] own = Arrays.copyOfRange(leases, i * LEASES_PER_SLOT, (i + 1) * LEASES_PER_SLOT);
                slots.add(open.get(i % streams).slot(own));
            }
            Measured measured = ClosedLoop.run(slots, target.settings(), target.cpu());
            open.forEach(KeepAliveStream::close);
            measured.addTo(target.results(), target.product(), metrics);
        }
    }

    private static long[] grant(Connections connections, int count) {
        ConcurrentLinkedQueue<Long> granted = new ConcurrentLinkedQueue<>();
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < OUTSTANDING; i++) {
            slots.add(new GrantSlot(connections.of(i), granted::add));
        }
        Once.inAll(slots, count);
        return granted.stream().mapToLong(Long::longValue).toArray();
    }
}

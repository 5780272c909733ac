package io.mandate.bench.work;

import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.LiveHeap;
import io.mandate.bench.harness.Once;
import io.mandate.bench.harness.Slot;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import io.mandate.verify.process.ClusterNode;
import java.util.ArrayList;
import java.util.List;

/** Grants many leases and looks at the leader's memory before and after; scaled to 100,000. */
public final class LeaseMemoryWork implements Work {
    private static final double SCALE = 100_000;
    private static final int OUTSTANDING = 256;

    @Override
    public List<Metric> metrics() {
        return List.of(Metrics.LEASE_HEAP, Metrics.LEASE_RSS);
    }

    @Override
    public void measure(Target target) throws Exception {
        ClusterNode leader = target.leader();
        int leases = target.settings().leases();
        long heapBefore = LiveHeap.bytes(target.product(), leader);
        double residentBefore = ResidentWork.megabytes(leader);
        try (Connections connections = target.connectLoops()) {
            List<Slot> slots = new ArrayList<>();
            for (int i = 0; i < OUTSTANDING; i++) {
                slots.add(new GrantSlot(connections.of(i), id -> {}));
            }
            Once.inAll(slots, leases);
        }
        double residentGrowth = ResidentWork.megabytes(leader) - residentBefore;
        double heapGrowth = (LiveHeap.bytes(target.product(), leader) - heapBefore) / ResidentWork.BYTES_PER_MEGABYTE;
        target.add(Metrics.LEASE_HEAP, heapGrowth * SCALE / leases);
        target.add(Metrics.LEASE_RSS, residentGrowth * SCALE / leases);
    }
}

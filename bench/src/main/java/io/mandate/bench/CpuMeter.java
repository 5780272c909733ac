package io.mandate.bench;

import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import java.lang.management.ManagementFactory;

/** Processor time of all nodes of one cluster together, and of this JVM, in seconds. Thread-safe. */
final class CpuMeter {
    private static final double NANOS_PER_SECOND = 1e9;

    private final ProcessCluster cluster;

    CpuMeter(ProcessCluster cluster) {
        this.cluster = cluster;
    }

    Reading read() {
        double servers = 0;
        for (ClusterNode node : cluster.nodes()) {
            servers += node.process().cpuSeconds();
        }
        com.sun.management.OperatingSystemMXBean self =
                ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
        return new Reading(servers, self.getProcessCpuTime() / NANOS_PER_SECOND);
    }

    /** Seconds since the processes' starts. */
    record Reading(double servers, double client) {
        Reading minus(Reading earlier) {
            return new Reading(servers - earlier.servers, client - earlier.client);
        }
    }
}

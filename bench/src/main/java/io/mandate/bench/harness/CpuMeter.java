package io.mandate.bench.harness;

import com.sun.management.OperatingSystemMXBean;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processor time of all nodes of one cluster together, of this JVM, and of all processes of the machine, in seconds.
 * Thread-safe.
 */
public final class CpuMeter {
    private static final Path MACHINE = Path.of("/proc/stat");

    /** USER_HZ, see proc(5): 100 on every Linux that Java 17 runs on. */
    private static final double TICKS_PER_SECOND = 100;

    /** Fields of the first line of /proc/stat, see proc(5): user, nice, system, idle, iowait, irq, softirq. */
    private static final int IDLE = 4;

    private static final int WAITING = 5;
    private static final int SOFT_INTERRUPTS = 7;

    private static final double NANOS_PER_SECOND = 1e9;

    private final ProcessCluster cluster;

    public CpuMeter(ProcessCluster cluster) {
        this.cluster = cluster;
    }

    public Reading read() {
        double servers = 0;
        for (ClusterNode node : cluster.nodes()) {
            servers += node.process().cpuSeconds();
        }
        OperatingSystemMXBean self = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return new Reading(servers, self.getProcessCpuTime() / NANOS_PER_SECOND, machineSeconds());
    }

    private static double machineSeconds() {
        try {
            return parseMachineSeconds(Files.readString(MACHINE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Time in which the cores did anything; interrupts too, since the process they interrupt is charged for them. */
    static double parseMachineSeconds(String stat) {
        String[] fields = stat.lines().findFirst().orElse("").split(" +", -1);
        if (fields.length <= SOFT_INTERRUPTS || !fields[0].equals("cpu")) {
            throw new IllegalArgumentException("not /proc/stat: " + String.join(" ", fields));
        }
        long ticks = 0;
        for (int field = 1; field <= SOFT_INTERRUPTS; field++) {
            if (field != IDLE && field != WAITING) {
                ticks += Long.parseLong(fields[field]);
            }
        }
        return ticks / TICKS_PER_SECOND;
    }

    /** Seconds since the processes' and the machine's starts. */
    public record Reading(double servers, double client, double machine) {
        public Reading minus(Reading earlier) {
            return new Reading(servers - earlier.servers, client - earlier.client, machine - earlier.machine);
        }

        /**
         * What neither side of the measurement used. The clocks tick coarsely, so the difference may fall below zero.
         */
        double others() {
            return Math.max(0, machine - servers - client);
        }
    }
}

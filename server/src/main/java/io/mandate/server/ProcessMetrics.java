package io.mandate.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.mandate.server.meter.Labels;
import io.mandate.server.meter.TextMetrics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Metrics of the process, with the names that all Prometheus libraries share. Those that the operating system does not
 * provide are omitted.
 */
final class ProcessMetrics {
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final Pattern VIRTUAL = Pattern.compile("VmSize:\\s+(\\d+) kB");

    private ProcessMetrics() {}

    static void addTo(TextMetrics metrics) {
        metrics.counter("process_cpu_seconds_total", "Processor time used.", Labels.NONE, ProcessMetrics::cpuSeconds);
        metrics.gauge("process_resident_memory_bytes", "Resident memory in use.", Labels.NONE, () -> status(RESIDENT));
        metrics.gauge("process_virtual_memory_bytes", "Virtual memory in use.", Labels.NONE, () -> status(VIRTUAL));
        double startSeconds = ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3;
        metrics.gauge(
                "process_start_time_seconds",
                "Start time of the process, in Unix time.",
                Labels.NONE,
                () -> startSeconds);
        for (String name : new String[] {"process_open_fds", "os_fd_used"}) {
            metrics.gauge(
                    name,
                    "Open files and sockets.",
                    Labels.NONE,
                    () -> unix(UnixOperatingSystemMXBean::getOpenFileDescriptorCount));
        }
        for (String name : new String[] {"process_max_fds", "os_fd_limit"}) {
            metrics.gauge(
                    name,
                    "Limit of open files and sockets.",
                    Labels.NONE,
                    () -> unix(UnixOperatingSystemMXBean::getMaxFileDescriptorCount));
        }
    }

    private static double cpuSeconds() {
        return ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .orElse(Duration.ZERO)
                        .toNanos()
                / 1e9;
    }

    private static double unix(ToDoubleFunction<UnixOperatingSystemMXBean> figure) {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? figure.applyAsDouble(unix)
                : Double.NaN;
    }

    /** A value of Linux' {@code /proc/self/status} in bytes; NaN on other systems. */
    private static double status(Pattern line) {
        try {
            Matcher found = line.matcher(Files.readString(Path.of("/proc/self/status")));
            return found.find() ? Double.parseDouble(found.group(1)) * 1024 : Double.NaN;
        } catch (IOException notLinux) {
            return Double.NaN;
        }
    }
}

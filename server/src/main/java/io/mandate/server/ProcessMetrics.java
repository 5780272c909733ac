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
 * Figures of the process under the names that all Prometheus libraries share. What the system does not say is not told.
 */
final class ProcessMetrics {
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final Pattern VIRTUAL = Pattern.compile("VmSize:\\s+(\\d+) kB");

    private ProcessMetrics() {}

    static void addTo(TextMetrics metrics) {
        metrics.counter("process_cpu_seconds_total", "Processor time used.", Labels.NONE, ProcessMetrics::cpuSeconds);
        metrics.gauge("process_resident_memory_bytes", "Memory in use.", Labels.NONE, () -> status(RESIDENT));
        metrics.gauge("process_virtual_memory_bytes", "Addresses in use.", Labels.NONE, () -> status(VIRTUAL));
        double startSeconds = ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3;
        metrics.gauge(
                "process_start_time_seconds", "When the process began, in Unix time.", Labels.NONE, () -> startSeconds);
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
                    "How many may be open.",
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

    /** What Linux says; not a number elsewhere. */
    private static double status(Pattern line) {
        try {
            Matcher found = line.matcher(Files.readString(Path.of("/proc/self/status")));
            return found.find() ? Double.parseDouble(found.group(1)) * 1024 : Double.NaN;
        } catch (IOException notLinux) {
            return Double.NaN;
        }
    }
}

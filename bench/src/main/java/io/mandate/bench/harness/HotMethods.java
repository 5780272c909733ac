package io.mandate.bench.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/** Where a recorded JVM spent its processor time: samples by the method on top of the stack. */
public final class HotMethods {
    private static final String SAMPLE_EVENT = "jdk.ExecutionSample";
    private static final int LINES_MAX = 25;

    private final Map<String, Integer> samples = new HashMap<>();

    /** Reads a recording. */
    public static HotMethods of(Path recording) {
        HotMethods hot = new HotMethods();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                RecordedStackTrace stack = event.getStackTrace();
                if (event.getEventType().getName().equals(SAMPLE_EVENT)
                        && stack != null
                        && !stack.getFrames().isEmpty()) {
                    hot.add(name(stack.getFrames().get(0)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + recording, e);
        }
        return hot;
    }

    void add(String method) {
        samples.merge(method, 1, Integer::sum);
    }

    /** The hottest first, with their share. */
    public String render() {
        int total = samples.values().stream().mapToInt(Integer::intValue).sum();
        List<Map.Entry<String, Integer>> hottest = samples.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(LINES_MAX)
                .toList();
        return total + " samples\n"
                + hottest.stream()
                        .map(entry -> String.format(
                                Locale.ROOT, "%5.1f %%  %s%n", 100.0 * entry.getValue() / total, entry.getKey()))
                        .collect(Collectors.joining());
    }

    private static String name(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }
}

package io.mandate.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Durations as etcd's flags write them: {@code 500ms}, {@code 10s}, {@code 1h30m}. A bare number counts seconds. A
 * hundred years at most, so that nanoseconds fit into a long with room to add.
 */
public final class DurationConverter implements ITypeConverter<Duration> {
    static final Duration MAX = Duration.ofDays(36_500);

    private static final Pattern PART = Pattern.compile("(\\d{1,12})(ms|s|m|h)");

    @Override
    public Duration convert(String text) {
        try {
            return parse(text);
        } catch (IllegalArgumentException unreadable) {
            throw new TypeConversionException(unreadable.getMessage());
        }
    }

    /**
     * Reads a duration.
     *
     * @throws IllegalArgumentException naming the text and the forms allowed
     */
    public static Duration parse(String text) {
        if (text.matches("\\d{1,12}")) {
            return bounded(text, Duration.ofSeconds(Long.parseLong(text)));
        }
        Matcher parts = PART.matcher(text);
        Duration sum = Duration.ZERO;
        int read = 0;
        while (parts.find() && parts.start() == read) {
            long count = Long.parseLong(parts.group(1));
            Duration part = switch (parts.group(2)) {
                case "ms" -> Duration.ofMillis(count);
                case "s" -> Duration.ofSeconds(count);
                case "m" -> Duration.ofMinutes(count);
                default -> Duration.ofHours(count);
            };
            sum = sum.plus(bounded(text, part));
            read = parts.end();
        }
        if (read == 0 || read < text.length()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a duration: write for instance 500ms, 10s, 5m or 1h30m");
        }
        return bounded(text, sum);
    }

    private static Duration bounded(String text, Duration duration) {
        if (duration.compareTo(MAX) > 0) {
            throw new IllegalArgumentException("'" + text + "' is longer than " + MAX.toHours() + "h, a hundred years");
        }
        return duration;
    }
}

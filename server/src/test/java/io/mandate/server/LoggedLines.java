package io.mandate.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.LoggerFactory;

/**
 * Captures what some classes log, at DEBUG and above, until it is closed; each line as {@code LEVEL event key=value}.
 */
public final class LoggedLines implements AutoCloseable {
    private static final long WAIT_NANOS_MAX = TimeUnit.SECONDS.toNanos(20);
    private static final long POLL_MILLIS = 5;

    private final List<Logger> loggers;
    private final Queue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            events.add(event);
        }
    };

    private LoggedLines(List<Logger> loggers) {
        this.loggers = loggers;
    }

    /** Starts to capture. */
    public static LoggedLines of(Class<?>... logging) {
        LoggedLines logged = new LoggedLines(List.of(logging).stream()
                .map(type -> (Logger) LoggerFactory.getLogger(type))
                .toList());
        logged.appender.start();
        logged.loggers.forEach(logger -> {
            logger.setLevel(Level.DEBUG);
            logger.addAppender(logged.appender);
        });
        return logged;
    }

    /** The lines so far. */
    public List<String> all() {
        return events.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    /** The lines so far that are followed by a stack trace. */
    public List<String> withStackTrace() {
        return events.stream()
                .filter(event -> event.getThrowableProxy() != null)
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    /** Waits for {@code count} lines with the given prefix, and returns them. */
    public List<String> await(String prefix, int count) throws InterruptedException {
        Predicate<String> matches = line -> line.startsWith(prefix);
        long endNanos = System.nanoTime() + WAIT_NANOS_MAX;
        while (all().stream().filter(matches).count() < count) {
            if (System.nanoTime() - endNanos > 0) {
                throw new AssertionError("fewer than " + count + " lines start with '" + prefix + "': " + all());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        return all().stream().filter(matches).toList();
    }

    @Override
    public void close() {
        loggers.forEach(logger -> {
            logger.detachAppender(appender);
            logger.setLevel(null);
        });
    }
}

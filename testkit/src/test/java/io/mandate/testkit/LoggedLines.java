package io.mandate.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What a class logs, at INFO and above, until this is closed. Of one test at a time. */
public final class LoggedLines implements AutoCloseable {
    private final Logger logger;
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    private LoggedLines(Logger logger) {
        this.logger = logger;
    }

    /** Begins to listen. */
    public static LoggedLines of(Class<?> logging) {
        LoggedLines logged = new LoggedLines((Logger) LoggerFactory.getLogger(logging));
        logged.lines.start();
        logged.logger.setLevel(Level.INFO);
        logged.logger.addAppender(logged.lines);
        return logged;
    }

    /** The lines so far that begin with the name of an event. */
    public List<String> of(String event) {
        return all().stream().filter(line -> line.startsWith(event + " ")).toList();
    }

    /** The lines so far. */
    public List<String> all() {
        return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Override
    public void close() {
        logger.detachAppender(lines);
        logger.setLevel(null);
    }
}

package io.mandate.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is logged, and where to, unless the system property {@code logback.configurationFile} names another
 * configuration. In code rather than in a file, because reading XML takes a tenth of a node's start.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0} %msg%n";

    /** The engine says several times a second that a peer is away; the peer transport says it once. */
    private static final List<String> OF_ABSENT_PEERS = List.of(
            "com.alipay.sofa.jraft.rpc.impl.AbstractClientService",
            "com.alipay.sofa.jraft.core.Replicator",
            "com.alipay.sofa.jraft.core.ReplicatorGroupImpl");

    /** Logs nothing from now on: for what tells all that is of interest itself. */
    public static void silence() {
        LoggerContext logging = (LoggerContext) LoggerFactory.getILoggerFactory();
        logging.getLoggerList().forEach(logger -> logger.setLevel(Level.OFF));
        logging.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
    }

    @Override
    public ExecutionStatus configure(LoggerContext logging) {
        if (System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(logging);
        encoder.setPattern(PATTERN);
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.start();
        // Standard output belongs to commands; what a node has to say goes to standard error.
        ConsoleAppender<ILoggingEvent> standardError = new ConsoleAppender<>();
        standardError.setContext(logging);
        standardError.setName("STDERR");
        standardError.setTarget("System.err");
        standardError.setEncoder(encoder);
        standardError.start();
        ch.qos.logback.classic.Logger root = logging.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(standardError);
        // The engine and the wire libraries are heard only when something is wrong.
        root.setLevel(Level.ERROR);
        logging.getLogger("io.mandate").setLevel(Level.INFO);
        OF_ABSENT_PEERS.forEach(name -> logging.getLogger(name).setLevel(Level.OFF));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}

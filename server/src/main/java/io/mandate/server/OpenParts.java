package io.mandate.server;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts opened so far, closed in the reverse order; a part that fails to close does not keep the others from being
 * closed. Thread-safe.
 */
final class OpenParts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenParts.class);

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    /** Adds a part, and returns it. */
    synchronized <T extends AutoCloseable> T add(T part) {
        parts.push(part);
        return part;
    }

    /** Closes the parts that are not closed yet; a concurrent caller returns after they are closed. */
    @Override
    public synchronized void close() {
        for (AutoCloseable part = parts.poll(); part != null; part = parts.poll()) {
            try {
                part.close();
            } catch (Exception | Error failed) {
                LOG.warn("not-closed part={}", part, failed);
            }
        }
    }
}

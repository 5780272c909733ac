package io.mandate.election.internal.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The elections that this process takes part in, closed when it shuts down: so that the next leader starts at once and
 * not a time to live later. Work that does not return in time is not released, because it may still write; its lease
 * ends by itself. Thread-safe.
 */
final class RunningElections {
    /** A supervisor that asked for the shutdown loses patience about then. */
    private static final Duration SHUTDOWN_MAX = Duration.ofSeconds(25);

    private static final Logger LOG = LoggerFactory.getLogger(RunningElections.class);
    private static final Set<ElectionDriver> RUNNING = new LinkedHashSet<>();
    private static boolean hooked;

    private RunningElections() {}

    static synchronized void add(ElectionDriver election) {
        if (!hooked) {
            hooked = true;
            Runtime.getRuntime().addShutdownHook(new Thread(RunningElections::shutDown, "mandate-shutdown"));
        }
        RUNNING.add(election);
    }

    static synchronized void remove(ElectionDriver election) {
        RUNNING.remove(election);
    }

    static synchronized List<ElectionDriver> leavingAtShutdown() {
        return new ArrayList<>(RUNNING);
    }

    private static void shutDown() {
        CompletableFuture<?>[] closing =
                leavingAtShutdown().stream().map(ElectionDriver::closeAsync).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(closing).get(SHUTDOWN_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException late) {
            LOG.warn("shutdown-did-not-wait remedy=\"work is to return when it is interrupted\"");
        }
    }
}

package io.mandate.election.partition;

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
 * The shares of this process, which leave their workloads when it shuts down, so that their partitions are handed over
 * and not waited for. Thread-safe.
 */
final class RunningMemberships {
    /** A supervisor that asked for the shutdown loses patience about then. */
    private static final Duration SHUTDOWN_MAX = Duration.ofSeconds(25);

    private static final Logger LOG = LoggerFactory.getLogger(RunningMemberships.class);
    private static final Set<PartitionMembership> RUNNING = new LinkedHashSet<>();
    private static boolean hooked;

    private RunningMemberships() {}

    static synchronized void add(PartitionMembership share) {
        if (!hooked) {
            hooked = true;
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(RunningMemberships::shutDown, "mandate-partitions-shutdown"));
        }
        RUNNING.add(share);
    }

    static synchronized void remove(PartitionMembership share) {
        RUNNING.remove(share);
    }

    static synchronized List<PartitionMembership> leavingAtShutdown() {
        return new ArrayList<>(RUNNING);
    }

    private static void shutDown() {
        CompletableFuture<?>[] closing = leavingAtShutdown().stream()
                .map(PartitionMembership::closeAsync)
                .toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(closing).get(SHUTDOWN_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException late) {
            LOG.warn("shutdown-did-not-wait remedy=\"work is to return when it is asked to drain\"");
        }
    }
}

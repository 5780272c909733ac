package io.mandate.server.http;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.raft.Replica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The checks of the health pages. Each completes with a description of what is wrong, or with {@link #OK}; none fails.
 */
final class HealthChecks {
    static final String OK = "";

    /** The timeout of a check, shorter than those of common probes. */
    private static final long TIMEOUT_MILLIS = 5_000;

    private static final KeyRange PROBED_KEY = KeyRange.single(Bytes.utf8("health"));

    private HealthChecks() {}

    /**
     * Runs a check in every group; completes with the first failure, prefixed with the group's number if there are
     * several groups.
     */
    static CompletableFuture<String> forAllGroups(
            List<? extends Replica> replicas, Function<Replica, CompletableFuture<String>> check) {
        if (replicas.size() == 1) {
            return check.apply(replicas.get(0));
        }
        List<CompletableFuture<String>> found = replicas.stream().map(check).toList();
        return CompletableFuture.allOf(found.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> IntStream.range(0, found.size())
                        .filter(group -> !found.get(group).join().isEmpty())
                        .mapToObj(group ->
                                "group " + group + ": " + found.get(group).join())
                        .findFirst()
                        .orElse(OK));
    }

    /** Whether a linearizable read succeeds. */
    static CompletableFuture<String> linearizableRead(Replica replica) {
        return replica.readBarrier()
                .copy() // the timeout must not affect other callers of the same barrier
                .orTimeout(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                .handle((read, failure) -> failure == null ? OK : reason(failure));
    }

    /** Whether this node can read its local data, which may be stale. */
    static CompletableFuture<String> localRead(Replica replica) {
        CompletableFuture<String> result = new CompletableFuture<>();
        try {
            replica.keyspace().range(TxnOperation.Range.latest(PROBED_KEY));
            result.complete(OK);
        } catch (RuntimeException failed) {
            result.complete(reason(failed));
        }
        return result;
    }

    static CompletableFuture<String> noCorruption(Replica replica) {
        boolean corrupt = replica.keyspace().alarms().stream().anyMatch(alarm -> alarm.kind() == Alarm.Kind.CORRUPT);
        return CompletableFuture.completedFuture(corrupt ? "alarm activated: CORRUPT" : OK);
    }

    private static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause.getMessage() == null ? "no answer within " + TIMEOUT_MILLIS + " ms" : cause.getMessage();
    }
}

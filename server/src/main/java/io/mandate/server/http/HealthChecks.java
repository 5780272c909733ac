package io.mandate.server.http;

import io.mandate.keyspace.Alarm;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.raft.Replica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What health pages look into. Each check completes with what is wrong, or with {@link #OK}; none fails. */
final class HealthChecks {
    static final String OK = "";

    /** A probe wants an answer before the probing system gives up on it. */
    private static final long MILLIS_MAX = 5_000;

    private static final KeyRange SOME_KEY = KeyRange.single(Bytes.utf8("health"));

    private HealthChecks() {}

    /**
     * Makes a check in every group; what is wrong in the first where something is, with the group's number if there are
     * several.
     */
    static CompletableFuture<String> inAll(
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
                .copy() // the time-out is the check's, not that of others who may wait for the same barrier
                .orTimeout(MILLIS_MAX, TimeUnit.MILLISECONDS)
                .handle((read, failure) -> failure == null ? OK : reason(failure));
    }

    /** Whether this node's own data can be read, as old as they may be. */
    static CompletableFuture<String> localRead(Replica replica) {
        CompletableFuture<String> result = new CompletableFuture<>();
        try {
            replica.keyspace().range(TxnOperation.Range.latest(SOME_KEY));
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
        return cause.getMessage() == null ? "no answer within " + MILLIS_MAX + " ms" : cause.getMessage();
    }
}

package io.mandate.server.http;

import com.google.gson.JsonObject;
import io.mandate.keyspace.Alarm;
import io.mandate.server.raft.Replica;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** {@code /health}, {@code /livez} and {@code /readyz}, as etcd answers them. */
final class HealthPages {
    /** A probe wants an answer before the probing system gives up on it. */
    private static final long CHECK_MILLIS_MAX = 5_000;

    private static final String OK = "";

    private final Replica replica;

    HealthPages(Replica replica) {
        this.replica = replica;
    }

    CompletableFuture<Page.Answer> health(QueryStringDecoder query) {
        List<String> excluded = query.parameters().getOrDefault("exclude", List.of());
        for (Alarm alarm : replica.keyspace().alarms()) {
            String name = alarm.kind() == Alarm.Kind.NO_SPACE ? "NOSPACE" : "CORRUPT";
            if (!excluded.contains(name)) {
                return CompletableFuture.completedFuture(healthAnswer("ALARM " + name));
            }
        }
        if (!replica.status().hasLeader()) {
            return CompletableFuture.completedFuture(healthAnswer("RAFT NO LEADER"));
        }
        boolean serializable =
                query.parameters().getOrDefault("serializable", List.of()).contains("true");
        return (serializable ? CompletableFuture.completedFuture(OK) : linearizableRead())
                .thenApply(HealthPages::healthAnswer);
    }

    private static Page.Answer healthAnswer(String reason) {
        JsonObject body = new JsonObject();
        body.addProperty("health", Boolean.toString(reason.isEmpty()));
        body.addProperty("reason", reason);
        return new Page.Answer(reason.isEmpty() ? 200 : 503, Page.Answer.JSON, body.toString());
    }

    /** Alive: the process answers. */
    CompletableFuture<Page.Answer> livez(QueryStringDecoder query) {
        return checks(query, List.of("serializable_read"));
    }

    /** Ready: the node is in touch with a majority, and its data are sound. */
    CompletableFuture<Page.Answer> readyz(QueryStringDecoder query) {
        return checks(query, List.of("data_corruption", "serializable_read", "linearizable_read", "non_learner"));
    }

    private CompletableFuture<Page.Answer> checks(QueryStringDecoder query, List<String> names) {
        List<String> excluded = query.parameters().getOrDefault("exclude", List.of());
        Map<String, CompletableFuture<String>> results = new LinkedHashMap<>();
        for (String name : names) {
            if (!excluded.contains(name)) {
                results.put(name, check(name));
            }
        }
        boolean verbose = query.parameters().containsKey("verbose");
        return CompletableFuture.allOf(results.values().toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> checksAnswer(results, verbose));
    }

    private static Page.Answer checksAnswer(Map<String, CompletableFuture<String>> results, boolean verbose) {
        List<String> lines = new ArrayList<>();
        boolean well = true;
        for (Map.Entry<String, CompletableFuture<String>> result : results.entrySet()) {
            String failure = result.getValue().join();
            well &= failure.isEmpty();
            lines.add(
                    failure.isEmpty()
                            ? "[+]" + result.getKey() + " ok"
                            : "[-]" + result.getKey() + " failed: " + failure);
        }
        lines.add(well ? "ok" : "not ready");
        String body = verbose || !well ? String.join("\n", lines) + "\n" : "ok\n";
        return new Page.Answer(well ? 200 : 503, Page.Answer.TEXT, body);
    }

    private CompletableFuture<String> check(String name) {
        if (name.equals("linearizable_read")) {
            return linearizableRead();
        }
        boolean corrupt = name.equals("data_corruption")
                && replica.keyspace().alarms().stream().anyMatch(alarm -> alarm.kind() == Alarm.Kind.CORRUPT);
        return CompletableFuture.completedFuture(corrupt ? "alarm activated: CORRUPT" : OK);
    }

    private CompletableFuture<String> linearizableRead() {
        return replica.readBarrier()
                .orTimeout(CHECK_MILLIS_MAX, TimeUnit.MILLISECONDS)
                .handle((read, failure) -> failure == null ? OK : "linearizable read failed: " + failure.getMessage());
    }
}

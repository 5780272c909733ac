package io.mandate.server.http;

import com.google.gson.JsonObject;
import io.mandate.keyspace.api.Alarm;
import io.mandate.server.meter.Labels;
import io.mandate.server.meter.TextMetrics;
import io.mandate.server.raft.Replica;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code /health} as in etcd: checks alarms ({@code ?exclude=NOSPACE} ignores one), then whether there is a leader,
 * then whether a read succeeds. {@code ?serializable=true} checks this node only, so neither of the latter two. All
 * groups are checked, or the one that {@code ?group=N} names.
 */
final class HealthPage implements Page {
    private final List<? extends Replica> replicas;
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();

    HealthPage(List<? extends Replica> replicas, TextMetrics metrics) {
        this.replicas = replicas;
        metrics.counter("etcd_server_health_success", "Successful health checks.", Labels.NONE, successes::doubleValue);
        metrics.counter("etcd_server_health_failures", "Failed health checks.", Labels.NONE, failures::doubleValue);
    }

    @Override
    public CompletableFuture<Response> get(QueryStringDecoder query) {
        List<String> groups = query.parameters().getOrDefault("group", List.of());
        if (groups.isEmpty()) {
            return HealthChecks.forAllGroups(replicas, replica -> check(replica, query))
                    .thenApply(this::response);
        }
        String group = groups.get(0);
        if (!group.matches("[0-9]{1,2}") || Integer.parseInt(group) >= replicas.size()) {
            return CompletableFuture.completedFuture(Response.text(
                    400, "there is no group '" + group + "': this store has the groups 0 to " + (replicas.size() - 1)));
        }
        return check(replicas.get(Integer.parseInt(group)), query).thenApply(this::response);
    }

    private static CompletableFuture<String> check(Replica replica, QueryStringDecoder query) {
        List<String> excluded = query.parameters().getOrDefault("exclude", List.of());
        for (Alarm alarm : replica.keyspace().alarms()) {
            String name = alarm.kind() == Alarm.Kind.NO_SPACE ? "NOSPACE" : "CORRUPT";
            if (!excluded.contains(name)) {
                return CompletableFuture.completedFuture("ALARM " + name);
            }
        }
        if (query.parameters().getOrDefault("serializable", List.of()).contains("true")) {
            return CompletableFuture.completedFuture(HealthChecks.OK);
        }
        if (!replica.status().hasLeader()) {
            return CompletableFuture.completedFuture("RAFT NO LEADER");
        }
        return HealthChecks.linearizableRead(replica)
                .thenApply(failure -> failure.isEmpty() ? HealthChecks.OK : "RANGE ERROR:" + failure);
    }

    private Response response(String reason) {
        (reason.isEmpty() ? successes : failures).increment();
        JsonObject body = new JsonObject();
        body.addProperty("health", Boolean.toString(reason.isEmpty()));
        body.addProperty("reason", reason);
        return Response.json(reason.isEmpty() ? 200 : 503, body);
    }
}

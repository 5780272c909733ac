package io.mandate.server.http;

import com.google.gson.JsonObject;
import io.mandate.keyspace.Alarm;
import io.mandate.server.meter.Labels;
import io.mandate.server.meter.TextMetrics;
import io.mandate.server.raft.Replica;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code /health} as etcd answers it: alarms ({@code ?exclude=NOSPACE} leaves one out), then whether there is a leader,
 * then whether a read succeeds. {@code ?serializable=true} asks about this node alone, so neither of the latter two.
 * All of it must be well in every group, or in the one that {@code ?group=N} names.
 */
final class HealthPage implements Page {
    private final List<? extends Replica> replicas;
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();

    HealthPage(List<? extends Replica> replicas, TextMetrics metrics) {
        this.replicas = replicas;
        metrics.counter(
                "etcd_server_health_success",
                "Answers of /health that all is well.",
                Labels.NONE,
                successes::doubleValue);
        metrics.counter(
                "etcd_server_health_failures",
                "Answers of /health that something is not well.",
                Labels.NONE,
                failures::doubleValue);
    }

    @Override
    public CompletableFuture<Answer> get(QueryStringDecoder query) {
        List<String> named = query.parameters().getOrDefault("group", List.of());
        if (named.isEmpty()) {
            return HealthChecks.inAll(replicas, replica -> look(replica, query)).thenApply(this::answer);
        }
        String group = named.get(0);
        if (!group.matches("[0-9]{1,2}") || Integer.parseInt(group) >= replicas.size()) {
            return CompletableFuture.completedFuture(Answer.text(
                    400, "there is no group '" + group + "': this store has the groups 0 to " + (replicas.size() - 1)));
        }
        return look(replicas.get(Integer.parseInt(group)), query).thenApply(this::answer);
    }

    private static CompletableFuture<String> look(Replica replica, QueryStringDecoder query) {
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

    private Answer answer(String reason) {
        (reason.isEmpty() ? successes : failures).increment();
        JsonObject body = new JsonObject();
        body.addProperty("health", Boolean.toString(reason.isEmpty()));
        body.addProperty("reason", reason);
        return Answer.json(reason.isEmpty() ? 200 : 503, body);
    }
}

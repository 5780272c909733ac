package io.mandate.server.http;

import com.google.gson.JsonObject;
import io.mandate.keyspace.Alarm;
import io.mandate.server.raft.Replica;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * {@code /health} as etcd answers it: alarms ({@code ?exclude=NOSPACE} leaves one out), then whether there is a leader, then whether a read
 * succeeds. {@code ?serializable=true} asks about this node alone, so neither of the latter two.
 */
final class HealthPage implements Page {
    private final Replica replica;

    HealthPage(Replica replica) {
        this.replica = replica;
    }

    @Override
    public CompletableFuture<Answer> get(QueryStringDecoder query) {
        List<String> excluded = query.parameters().getOrDefault("exclude", List.of());
        for (Alarm alarm : replica.keyspace().alarms()) {
            String name = alarm.kind() == Alarm.Kind.NO_SPACE ? "NOSPACE" : "CORRUPT";
            if (!excluded.contains(name)) {
                return CompletableFuture.completedFuture(answer("ALARM " + name));
            }
        }
        if (query.parameters().getOrDefault("serializable", List.of()).contains("true")) {
            return CompletableFuture.completedFuture(answer(HealthChecks.OK));
        }
        if (!replica.status().hasLeader()) {
            return CompletableFuture.completedFuture(answer("RAFT NO LEADER"));
        }
        return HealthChecks.linearizableRead(replica)
                .thenApply(failure -> answer(failure.isEmpty() ? HealthChecks.OK : "RANGE ERROR:" + failure));
    }

    private static Answer answer(String reason) {
        JsonObject body = new JsonObject();
        body.addProperty("health", Boolean.toString(reason.isEmpty()));
        body.addProperty("reason", reason);
        return Answer.json(reason.isEmpty() ? 200 : 503, body);
    }
}

package io.mandate.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Alarm;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The expected bodies are those of etcd 3.5.30. */
class HealthPagesTest {
    private PortFixture port;

    @BeforeEach
    void open() throws IOException {
        port = new PortFixture();
    }

    @AfterEach
    void close() {
        port.close();
    }

    private void assertResponse(String path, int status, String body) throws Exception {
        HttpResponse<String> response = port.get(path);
        assertThat(response.body()).as(path).isEqualTo(body);
        assertThat(response.statusCode()).as(path).isEqualTo(status);
    }

    @Test
    void aHealthyNodePassesAllChecks() throws Exception {
        assertResponse("/health", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertResponse("/livez", 200, "ok\n");
        assertResponse("/readyz", 200, "ok\n");
        assertResponse("/livez?verbose", 200, "[+]serializable_read ok\nok\n");
        assertResponse(
                "/readyz?verbose",
                200,
                "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n");
    }

    @Test
    void checksCanBeExcludedOrRunAlone() throws Exception {
        port.replica.barrier(CompletableFuture.failedFuture(new IllegalStateException("no majority")));
        assertResponse("/readyz?exclude=linearizable_read&exclude=nonsense", 200, "ok\n");
        assertResponse("/readyz/data_corruption", 200, "ok\n");
        assertResponse("/livez/serializable_read?verbose", 200, "[+]serializable_read ok\nok\n");
        assertResponse("/readyz/linearizable_read", 503, "[-]linearizable_read failed: no majority\n");
        assertResponse("/readyz/nonsense", 404, "404 page not found\n");
    }

    @Test
    void withoutAMajorityTheNodeIsAliveButNotReady() throws Exception {
        port.replica.barrier(CompletableFuture.failedFuture(new IllegalStateException("no majority")));
        assertResponse("/livez", 200, "ok\n");
        assertResponse("/readyz", 503, """
                [+]data_corruption ok
                [+]serializable_read ok
                [-]linearizable_read failed: no majority
                [+]non_learner ok
                """);
        assertResponse("/health", 503, "{\"health\":\"false\",\"reason\":\"RANGE ERROR:no majority\"}");
    }

    @Test
    void withoutALeaderOnlySerializableChecksPass() throws Exception {
        port.replica.loseLeader();
        assertResponse("/health", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}");
        assertResponse("/health?serializable=true", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertResponse("/livez", 200, "ok\n");
    }

    @Test
    void theNoSpaceAlarmIsUnhealthyUnlessExcluded() throws Exception {
        port.replica.raise(Alarm.Kind.NO_SPACE);
        assertResponse("/health", 503, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}");
        assertResponse("/health?exclude=NOSPACE", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertResponse("/readyz", 200, "ok\n");
    }

    @Test
    void theCorruptAlarmIsUnhealthyAndNotReady() throws Exception {
        port.replica.raise(Alarm.Kind.CORRUPT);
        assertResponse("/health?exclude=NOSPACE", 503, "{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}");
        assertResponse(
                "/readyz?exclude=linearizable_read&exclude=non_learner",
                503,
                "[-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n");
    }

    @Test
    void checksAreCounted() throws Exception {
        port.get("/readyz");
        port.replica.raise(Alarm.Kind.CORRUPT);
        port.get("/readyz");
        assertThat(port.get("/metrics").body())
                .contains(
                        "etcd_server_healthchecks_total"
                                + "{name=\"data_corruption\",status=\"success\",type=\"readyz\"} 1.0",
                        "etcd_server_healthchecks_total"
                                + "{name=\"data_corruption\",status=\"error\",type=\"readyz\"} 1.0");
    }

    @Test
    void everyGroupMustBeHealthyOrTheOneInTheQuery() throws Exception {
        port.close();
        port = new PortFixture(PortLimits.DEFAULT, 3);
        assertResponse("/health", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        port.replicas.get(1).loseLeader();
        assertResponse("/health", 503, "{\"health\":\"false\",\"reason\":\"group 1: RAFT NO LEADER\"}");
        assertResponse("/health?group=1", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}");
        assertResponse("/health?group=2", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertResponse("/health?group=3", 400, "there is no group '3': this store has the groups 0 to 2");
        assertResponse("/health?group=x", 400, "there is no group 'x': this store has the groups 0 to 2");
        port.replicas.get(2).barrier(CompletableFuture.failedFuture(new IllegalStateException("no majority")));
        assertResponse("/readyz/linearizable_read", 503, "[-]linearizable_read failed: group 2: no majority\n");
        assertResponse("/livez", 200, "ok\n");
    }
}

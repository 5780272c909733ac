package io.mandate.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.Alarm;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Expected bodies were taken from etcd 3.5.30. */
class HealthPagesTest {
    private Port port;

    @BeforeEach
    void open() throws IOException {
        port = new Port();
    }

    @AfterEach
    void close() {
        port.close();
    }

    private void assertAnswer(String path, int status, String body) throws Exception {
        HttpResponse<String> answer = port.get(path);
        assertThat(answer.body()).as(path).isEqualTo(body);
        assertThat(answer.statusCode()).as(path).isEqualTo(status);
    }

    @Test
    void aHealthyNodeSaysSo() throws Exception {
        assertAnswer("/health", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertAnswer("/livez", 200, "ok\n");
        assertAnswer("/readyz", 200, "ok\n");
        assertAnswer("/livez?verbose", 200, "[+]serializable_read ok\nok\n");
        assertAnswer(
                "/readyz?verbose",
                200,
                "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n");
    }

    @Test
    void checksCanBeLeftOutOrAskedForAlone() throws Exception {
        port.replica.barrier(CompletableFuture.failedFuture(new IllegalStateException("no majority")));
        assertAnswer("/readyz?exclude=linearizable_read&exclude=nonsense", 200, "ok\n");
        assertAnswer("/readyz/data_corruption", 200, "ok\n");
        assertAnswer("/livez/serializable_read?verbose", 200, "[+]serializable_read ok\nok\n");
        assertAnswer("/readyz/linearizable_read", 503, "[-]linearizable_read failed: no majority\n");
        assertAnswer("/readyz/nonsense", 404, "404 page not found\n");
    }

    @Test
    void withoutAMajorityTheNodeIsAliveButNotReady() throws Exception {
        port.replica.barrier(CompletableFuture.failedFuture(new IllegalStateException("no majority")));
        assertAnswer("/livez", 200, "ok\n");
        assertAnswer("/readyz", 503, """
                [+]data_corruption ok
                [+]serializable_read ok
                [-]linearizable_read failed: no majority
                [+]non_learner ok
                """);
        assertAnswer("/health", 503, "{\"health\":\"false\",\"reason\":\"RANGE ERROR:no majority\"}");
    }

    @Test
    void withoutALeaderOnlyTheNodeItselfIsHealthy() throws Exception {
        port.replica.loseLeader();
        assertAnswer("/health", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}");
        assertAnswer("/health?serializable=true", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertAnswer("/livez", 200, "ok\n");
    }

    @Test
    void lackOfSpaceIsUnhealthyUnlessLeftOut() throws Exception {
        port.replica.raise(Alarm.Kind.NO_SPACE);
        assertAnswer("/health", 503, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}");
        assertAnswer("/health?exclude=NOSPACE", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertAnswer("/readyz", 200, "ok\n");
    }

    @Test
    void corruptDataAreNotReady() throws Exception {
        port.replica.raise(Alarm.Kind.CORRUPT);
        assertAnswer("/health?exclude=NOSPACE", 503, "{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}");
        assertAnswer(
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
                        "etcd_server_healthchecks_total{name=\"data_corruption\",status=\"success\",type=\"readyz\"} 1.0",
                        "etcd_server_healthchecks_total{name=\"data_corruption\",status=\"error\",type=\"readyz\"} 1.0");
    }

    @Test
    void everyGroupMustBeWellOrTheOneThatIsAskedFor() throws Exception {
        port.close();
        port = new Port(PortLimits.DEFAULT, 3);
        assertAnswer("/health", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        port.replicas.get(1).loseLeader();
        assertAnswer("/health", 503, "{\"health\":\"false\",\"reason\":\"group 1: RAFT NO LEADER\"}");
        assertAnswer("/health?group=1", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}");
        assertAnswer("/health?group=2", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        assertAnswer("/health?group=3", 400, "there is no group '3': this store has the groups 0 to 2");
        assertAnswer("/health?group=x", 400, "there is no group 'x': this store has the groups 0 to 2");
        port.replicas.get(2).barrier(CompletableFuture.failedFuture(new IllegalStateException("no majority")));
        assertAnswer("/readyz/linearizable_read", 503, "[-]linearizable_read failed: group 2: no majority\n");
        assertAnswer("/livez", 200, "ok\n");
    }
}

package io.mandate.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.server.meter.TextMetrics;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ClientPortTest {
    private static final byte[] PING = {0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};

    private Port port;

    @BeforeEach
    void open() throws IOException {
        port = new Port();
    }

    @AfterEach
    void close() {
        port.close();
    }

    @Test
    void grpcAndHttpAreServedOnOnePort() throws Exception {
        assertThat(Port.kv(port.channel()).range(Port.range("a")).getCount()).isEqualTo(7);
        HttpResponse<String> version = port.get("/version");
        assertThat(version.body())
                .isEqualTo("{\"etcdserver\":\"3.5.30\",\"etcdcluster\":\"3.5.0\",\"mandate\":\"1.2.3\"}");
        assertThat(version.headers().firstValue("content-type")).hasValue("application/json");
    }

    @Test
    void thePrefaceMayComeInPieces() throws Exception {
        RawConnection connection = port.connect();
        for (char letter : RawConnection.PREFACE.toCharArray()) {
            connection.send((byte) letter);
        }
        connection.send(RawConnection.SETTINGS);
        assertThat(connection.bytes(9)[3])
                .as("type of the first frame: SETTINGS")
                .isEqualTo((byte) 4);
    }

    @Test
    void whatOnlyBeginsLikeThePrefaceIsHttp() throws Exception {
        String answer = port.connect()
                .send("PRI")
                .send("NT /version HTTP/1.1\r\nHost: test\r\n\r\n")
                .answer();
        assertThat(answer).startsWith("HTTP/1.1 405 ").containsIgnoringCase("allow: GET\r\n");
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        CompletableFuture<Void> barrier = new CompletableFuture<>();
        port.replica.barrier(barrier);
        RawConnection connection = port.connect();
        connection.send("GET /readyz?verbose HTTP/1.1\r\n\r\nGET /version HTTP/1.1\r\n\r\nGET /no HTTP/1.1\r\n\r\n");
        // Another connection's round trip: time enough for an answer out of order to get out.
        assertThat(port.get("/version").statusCode()).isEqualTo(200);
        barrier.complete(null);
        assertThat(connection.answer()).contains("linearizable_read ok");
        assertThat(connection.answer()).contains("etcdserver");
        assertThat(connection.answer()).contains("404 page not found");
    }

    @Test
    void aConnectionIsKeptUnlessTheClientSaysOtherwise() throws Exception {
        RawConnection connection = port.connect();
        assertThat(connection.ask("/version").answer()).startsWith("HTTP/1.1 200 OK");
        connection.send("GET /version HTTP/1.1\r\nConnection: close\r\n\r\n");
        assertThat(connection.answer()).startsWith("HTTP/1.1 200 OK");
        assertThat(connection.rest()).isEmpty();
    }

    @Test
    void aBodyMayComeAfterItsHeaders() throws Exception {
        RawConnection connection = port.connect().ask("/version");
        connection.answer();
        connection.send("POST /nothing HTTP/1.1\r\nContent-Length: 2\r\n\r\n");
        Port.kv(port.channel()).range(Port.range("a"));
        assertThat(connection.send("{}").answer()).contains("404 page not found");
    }

    @Test
    void anUnknownPathIsAnsweredToTheLetterAsByEtcd() throws Exception {
        for (HttpRequest.Builder request : List.of(
                HttpRequest.newBuilder(port.uri("/v2/keys")).GET(),
                HttpRequest.newBuilder(port.uri("/nothing")).POST(HttpRequest.BodyPublishers.ofString("{}")))) {
            HttpResponse<String> answer = port.send(request);
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).isEqualTo("404 page not found\n");
        }
    }

    @Test
    void pagesAreReadOnly() throws Exception {
        HttpResponse<String> answer =
                port.send(HttpRequest.newBuilder(port.uri("/health")).POST(HttpRequest.BodyPublishers.ofString("{}")));
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.body()).isEqualTo("Method Not Allowed\n");
        assertThat(answer.headers().firstValue("allow")).hasValue("GET");
    }

    @Test
    void browsersOfOtherSitesAreLetIn() throws Exception {
        HttpResponse<String> answer = port.send(
                HttpRequest.newBuilder(port.uri("/version")).method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("access-control-allow-origin")).hasValue("*");
    }

    @Test
    void malformedRequestsAreAnswered() throws Exception {
        assertThat(port.connect().ask("/%zz").answer()).startsWith("HTTP/1.1 400 ");
        assertThat(port.connect().ask("/health?exclude=%zz").answer()).startsWith("HTTP/1.1 400 ");
        RawConnection connection = port.connect();
        assertThat(connection.send("GET\u0000 /\r\n\r\n").answer()).startsWith("HTTP/1.1 400 ");
        assertThat(connection.rest()).isEmpty();
    }

    @Test
    void aPageThatFailsIsAServerErrorAndTheConnectionGoesOn() throws Exception {
        RawConnection connection = port.connect();
        port.replica.breakDown();
        assertThat(connection.ask("/health").answer())
                .startsWith("HTTP/1.1 500 ")
                .endsWith("broken down\n");
        assertThat(connection.ask("/version").answer()).startsWith("HTTP/1.1 200 OK");
    }

    @Test
    void closingEndsConnectionsOfBothKinds() throws Exception {
        RawConnection http = port.connect();
        assertThat(http.ask("/version").answer()).startsWith("HTTP/1.1 200 OK");
        RawConnection silent = port.connect();
        CompletableFuture<Status> ended = new CompletableFuture<>();
        WatchGrpc.newStub(port.channel()).watch(endsWith(ended)).onNext(WatchRequest.getDefaultInstance());
        port.nextStream();

        port.port.close();

        assertThat(http.rest()).isEmpty();
        assertThat(silent.rest()).isEmpty();
        assertThat(ended.get(Port.WAIT_SECONDS_MAX, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    private static StreamObserver<WatchResponse> endsWith(CompletableFuture<Status> ended) {
        return new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {}

            @Override
            public void onError(Throwable failure) {
                ended.complete(Status.fromThrowable(failure));
            }

            @Override
            public void onCompleted() {
                ended.complete(Status.OK);
            }
        };
    }

    @Test
    void anAddressThatIsTakenIsNamed() {
        ClientPort.Content content = new ClientPort.Content(
                List.of(),
                List.of(port.replica),
                port.metrics,
                new TextMetrics(),
                Port.MESSAGE_BYTES_MAX,
                "3.5.30",
                "1");
        assertThatThrownBy(() -> ClientPort.start(List.of(port.address()), content))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(String.valueOf(port.address().getPort()));
    }

    @Test
    void aMethodThatIsNotServedIsRefusedByName() {
        assertThatThrownBy(() -> Port.kv(port.channel()).txn(io.mandate.etcdapi.TxnRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, refused -> {
                    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
                    assertThat(refused.getStatus().getDescription()).contains("etcdserverpb.KV/Txn");
                });
    }

    /**
     * As jetcd and apiservers do: etcd's bound is one ping in 5 seconds, and grpc-java's default would cut this off at
     * the third.
     */
    @Test
    @Tag("long")
    void pingsEveryFiveSecondsWithoutACallAreAnswered() throws Exception {
        RawConnection connection = port.connect().send(RawConnection.PREFACE).send(RawConnection.SETTINGS);
        for (int pings = 0; pings < 5; pings++) {
            TimeUnit.MILLISECONDS.sleep(5_100); // the pause is what is tested
            connection.send(PING);
            while (!isPingAnswer(nextFrame(connection))) {
                // settings and window updates come in between
            }
        }
    }

    private static byte[] nextFrame(RawConnection connection) throws IOException {
        byte[] head = connection.bytes(9);
        assertThat(head[3]).as("frame type, 7 is GOAWAY").isNotEqualTo((byte) 7);
        connection.bytes(((head[0] & 0xff) << 16) | ((head[1] & 0xff) << 8) | (head[2] & 0xff));
        return head;
    }

    private static boolean isPingAnswer(byte[] head) {
        return head[3] == 6 && (head[4] & 1) == 1;
    }
}

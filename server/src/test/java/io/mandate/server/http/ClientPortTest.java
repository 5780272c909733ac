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

    private PortFixture port;

    @BeforeEach
    void open() throws IOException {
        port = new PortFixture();
    }

    @AfterEach
    void close() {
        port.close();
    }

    @Test
    void grpcAndHttpAreServedOnOnePort() throws Exception {
        assertThat(PortFixture.kv(port.channel()).range(PortFixture.range("a")).getCount())
                .isEqualTo(7);
        HttpResponse<String> version = port.get("/version");
        assertThat(version.body())
                .isEqualTo("{\"etcdserver\":\"3.5.30\",\"etcdcluster\":\"3.5.0\",\"mandate\":\"1.2.3\"}");
        assertThat(version.headers().firstValue("content-type")).hasValue("application/json");
    }

    @Test
    void thePrefaceMayArriveInPieces() throws Exception {
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
    void aRequestThatStartsLikeThePrefaceIsHttp() throws Exception {
        String response = port.connect()
                .send("PRI")
                .send("NT /version HTTP/1.1\r\nHost: test\r\n\r\n")
                .response();
        assertThat(response).startsWith("HTTP/1.1 405 ").containsIgnoringCase("allow: GET\r\n");
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        CompletableFuture<Void> barrier = new CompletableFuture<>();
        port.replica.barrier(barrier);
        RawConnection connection = port.connect();
        connection.send("GET /readyz?verbose HTTP/1.1\r\n\r\nGET /version HTTP/1.1\r\n\r\nGET /no HTTP/1.1\r\n\r\n");
        // A round trip of another connection leaves enough time for a response out of order to be sent.
        assertThat(port.get("/version").statusCode()).isEqualTo(200);
        barrier.complete(null);
        assertThat(connection.response()).contains("linearizable_read ok");
        assertThat(connection.response()).contains("etcdserver");
        assertThat(connection.response()).contains("404 page not found");
    }

    @Test
    void aConnectionIsKeptAliveUnlessTheClientClosesIt() throws Exception {
        RawConnection connection = port.connect();
        assertThat(connection.get("/version").response()).startsWith("HTTP/1.1 200 OK");
        connection.send("GET /version HTTP/1.1\r\nConnection: close\r\n\r\n");
        assertThat(connection.response()).startsWith("HTTP/1.1 200 OK");
        assertThat(connection.rest()).isEmpty();
    }

    @Test
    void aBodyMayArriveAfterItsHeaders() throws Exception {
        RawConnection connection = port.connect().get("/version");
        connection.response();
        connection.send("POST /nothing HTTP/1.1\r\nContent-Length: 2\r\n\r\n");
        PortFixture.kv(port.channel()).range(PortFixture.range("a"));
        assertThat(connection.send("{}").response()).contains("404 page not found");
    }

    @Test
    void anUnknownPathGetsEtcdsResponseToTheLetter() throws Exception {
        for (HttpRequest.Builder request : List.of(
                HttpRequest.newBuilder(port.uri("/v2/keys")).GET(),
                HttpRequest.newBuilder(port.uri("/nothing")).POST(HttpRequest.BodyPublishers.ofString("{}")))) {
            HttpResponse<String> response = port.send(request);
            assertThat(response.statusCode()).isEqualTo(404);
            assertThat(response.body()).isEqualTo("404 page not found\n");
        }
    }

    @Test
    void pagesAreReadOnly() throws Exception {
        HttpResponse<String> response =
                port.send(HttpRequest.newBuilder(port.uri("/health")).POST(HttpRequest.BodyPublishers.ofString("{}")));
        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.body()).isEqualTo("Method Not Allowed\n");
        assertThat(response.headers().firstValue("allow")).hasValue("GET");
    }

    @Test
    void requestsOfOtherOriginsAreAllowed() throws Exception {
        HttpResponse<String> response = port.send(
                HttpRequest.newBuilder(port.uri("/version")).method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("access-control-allow-origin")).hasValue("*");
    }

    @Test
    void malformedRequestsAreAnswered() throws Exception {
        assertThat(port.connect().get("/%zz").response()).startsWith("HTTP/1.1 400 ");
        assertThat(port.connect().get("/health?exclude=%zz").response()).startsWith("HTTP/1.1 400 ");
        RawConnection connection = port.connect();
        assertThat(connection.send("GET\u0000 /\r\n\r\n").response()).startsWith("HTTP/1.1 400 ");
        assertThat(connection.rest()).isEmpty();
    }

    @Test
    void aPageThatFailsIsAServerErrorAndTheConnectionStaysOpen() throws Exception {
        RawConnection connection = port.connect();
        port.replica.breakStatus();
        assertThat(connection.get("/health").response())
                .startsWith("HTTP/1.1 500 ")
                .endsWith("planted by the test\n");
        assertThat(connection.get("/version").response()).startsWith("HTTP/1.1 200 OK");
    }

    @Test
    void closingClosesConnectionsOfBothProtocols() throws Exception {
        RawConnection http = port.connect();
        assertThat(http.get("/version").response()).startsWith("HTTP/1.1 200 OK");
        RawConnection undetected = port.connect();
        CompletableFuture<Status> ended = new CompletableFuture<>();
        WatchGrpc.newStub(port.channel()).watch(completeAtEnd(ended)).onNext(WatchRequest.getDefaultInstance());
        port.nextStream();

        port.port.close();

        assertThat(http.rest()).isEmpty();
        assertThat(undetected.rest()).isEmpty();
        Status status = ended.get(PortFixture.WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    private static StreamObserver<WatchResponse> completeAtEnd(CompletableFuture<Status> ended) {
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
    void anAddressInUseIsNamed() {
        ClientPort.Content content = new ClientPort.Content(
                List.of(),
                List.of(port.replica),
                port.metrics,
                new TextMetrics(),
                PortFixture.MESSAGE_BYTES_MAX,
                "3.5.30",
                "1");
        assertThatThrownBy(() -> ClientPort.start(List.of(port.address()), content))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(String.valueOf(port.address().getPort()));
    }

    @Test
    void anUnimplementedMethodIsRefusedByName() {
        assertThatThrownBy(() -> PortFixture.kv(port.channel()).txn(io.mandate.etcdapi.TxnRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, refused -> {
                    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
                    assertThat(refused.getStatus().getDescription()).contains("etcdserverpb.KV/Txn");
                });
    }

    /**
     * As jetcd and apiservers do: etcd's limit is one ping in 5 seconds; grpc-java's default would disconnect at the
     * third one.
     */
    @Test
    @Tag("long")
    void pingsEveryFiveSecondsWithoutACallAreAnswered() throws Exception {
        RawConnection connection = port.connect().send(RawConnection.PREFACE).send(RawConnection.SETTINGS);
        for (int pings = 0; pings < 5; pings++) {
            TimeUnit.MILLISECONDS.sleep(5_100); // the pause is what is tested
            connection.send(PING);
            while (!isPingAck(nextFrame(connection))) {
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

    private static boolean isPingAck(byte[] head) {
        return head[3] == 6 && (head[4] & 1) == 1;
    }
}

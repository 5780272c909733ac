package io.mandate.server.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.util.Endpoint;
import io.mandate.server.FreePorts;
import io.mandate.server.LoggedLines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.DecoderException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PeerTransportTest {
    private static final int GROUP = 3;
    private static final int KIND = 7;
    private static final long CLUSTER = 42;
    private static final long TIMEOUT_MILLIS = 10_000;

    private final List<PeerTransport> opened = new ArrayList<>();

    @AfterEach
    void closeAll() {
        opened.forEach(PeerTransport::close);
    }

    private PeerTransport transport(long cluster, int port) throws IOException {
        return transport(cluster, port, PeerVersions.SUPPORTED);
    }

    private PeerTransport transport(long cluster, int port, PeerVersions versions) throws IOException {
        PeerHello hello = new PeerHello(versions, cluster, port, GROUP + 1, UUID.randomUUID(), false);
        PeerTransport transport = new PeerTransport(hello, port, new OneCluster(cluster), null);
        opened.add(transport);
        transport.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return transport;
    }

    private static Endpoint at(int port) {
        return new Endpoint("127.0.0.1", port);
    }

    /** Records a transport's connection events, as words. */
    private static BlockingQueue<String> events(PeerTransport transport) {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        transport.addListener(new PeerListener() {
            @Override
            public void connected(Endpoint peer) {
                events.add("connected");
            }

            @Override
            public void connectionLost(Endpoint peer) {
                events.add("lost");
            }

            @Override
            public void portClosed(Endpoint peer) {
                events.add("closed");
            }

            @Override
            public void refused(Endpoint peer, String reason) {
                events.add("refused: " + reason);
            }
        });
        return events;
    }

    private static void expect(BlockingQueue<String> events, String word) throws InterruptedException {
        String next = events.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        while (next != null && !next.startsWith(word)) {
            next = events.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }
        assertThat(next).as("event").isNotNull();
    }

    private PeerTransport connected(PeerTransport client, int port) throws InterruptedException {
        BlockingQueue<String> events = events(client);
        client.connect(at(port));
        expect(events, "connected");
        return client;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void responsesAreMatchedToTheirCallsInAnyOrder() throws Exception {
        int port = FreePorts.one();
        PeerTransport server = transport(CLUSTER, port);
        BlockingQueue<CompletableFuture<byte[]>> held = new LinkedBlockingQueue<>();
        server.handle(GROUP, KIND, request -> {
            CompletableFuture<byte[]> response = new CompletableFuture<>();
            held.add(response);
            return response;
        });
        PeerTransport client = connected(transport(CLUSTER, FreePorts.one()), port);
        CompletableFuture<byte[]> first = client.call(at(port), GROUP, KIND, utf8("1"), TIMEOUT_MILLIS);
        CompletableFuture<byte[]> firstHeld = held.take();
        CompletableFuture<byte[]> second = client.call(at(port), GROUP, KIND, utf8("2"), TIMEOUT_MILLIS);
        held.take().complete(utf8("to 2"));
        assertThat(second.join()).isEqualTo(utf8("to 2"));
        firstHeld.complete(utf8("to 1"));
        assertThat(first.join()).isEqualTo(utf8("to 1"));
    }

    @Test
    void aHandlersFailureIsReturnedToTheCallerWithItsMessage() throws Exception {
        int port = FreePorts.one();
        transport(CLUSTER, port)
                .handle(GROUP, KIND, request -> CompletableFuture.failedFuture(new IllegalStateException("no")));
        PeerTransport client = connected(transport(CLUSTER, FreePorts.one()), port);
        assertThatThrownBy(() -> client.call(at(port), GROUP, KIND, utf8("?"), TIMEOUT_MILLIS)
                        .join())
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("no");
        assertThatThrownBy(() -> client.call(at(port), GROUP, KIND + 1, utf8("?"), TIMEOUT_MILLIS)
                        .join())
                .hasMessageContaining("no handler");
    }

    @Test
    void aCallWithoutAResponseFailsAfterItsTimeout() throws Exception {
        int port = FreePorts.one();
        transport(CLUSTER, port).handle(GROUP, KIND, request -> new CompletableFuture<>());
        PeerTransport client = connected(transport(CLUSTER, FreePorts.one()), port);
        assertThatThrownBy(
                        () -> client.call(at(port), GROUP, KIND, utf8("?"), 50).join())
                .hasMessageContaining("did not answer within 50 ms");
    }

    @Test
    void callsInFlightFailAtOnceWhenTheConnectionIsLostAndItIsEstablishedAgain() throws Exception {
        int port = FreePorts.one();
        PeerTransport server = transport(CLUSTER, port);
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        server.handle(GROUP, KIND, request -> {
            received.complete(request);
            return new CompletableFuture<>();
        });
        PeerTransport client = transport(CLUSTER, FreePorts.one());
        BlockingQueue<String> events = events(client);
        connected(client, port);
        CompletableFuture<byte[]> call = client.call(at(port), GROUP, KIND, utf8("?"), 3_600_000);
        // A call that has not been sent yet would fail with another message.
        received.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        opened.remove(server);
        server.close();
        assertThatThrownBy(call::join).hasMessageContaining("lost");
        expect(events, "lost");
        expect(events, "closed");
        CompletableFuture<byte[]> tooEarly = client.call(at(port), GROUP, KIND, utf8("?"), TIMEOUT_MILLIS);
        assertThatThrownBy(tooEarly::join).hasMessageContaining("not connected");
        transport(CLUSTER, port).handle(GROUP, KIND, CompletableFuture::completedFuture);
        expect(events, "connected");
        assertThat(client.call(at(port), GROUP, KIND, utf8("again"), TIMEOUT_MILLIS)
                        .join())
                .isEqualTo(utf8("again"));
    }

    @Test
    void aPeerThatAcceptsAndNeverAnswersIsConnectedToAnew() throws Exception {
        try (ServerSocket silent = new ServerSocket(FreePorts.one(), 10, InetAddress.getLoopbackAddress())) {
            silent.setSoTimeout(60_000);
            transport(CLUSTER, FreePorts.one()).connect(at(silent.getLocalPort()));
            try (Socket first = silent.accept();
                    Socket second = silent.accept()) {
                assertThat(first.getInputStream().readAllBytes()).isNotEmpty();
                assertThat(second.getInputStream().read()).isNotNegative();
            }
        }
    }

    @Test
    void anotherClusterIsRejectedWithTheReason() throws Exception {
        int port = FreePorts.one();
        transport(CLUSTER, port);
        PeerTransport other = transport(CLUSTER + 1, FreePorts.one());
        BlockingQueue<String> events = events(other);
        other.connect(at(port));
        expect(events, "refused: it is of another cluster");
        assertThat(other.isConnected(at(port))).isFalse();
    }

    @Test
    void aConnectionWithoutAHelloIsClosed() throws Exception {
        int port = FreePorts.one();
        transport(CLUSTER, port);
        for (byte[] nonsense : List.of(
                utf8("GET / HTTP/1.1\r\n\r\n"),
                new byte[] {0, 0, 0, 10, Frame.KIND_REQUEST, 2, 0, 0, 0, 0, 0, 0, 0, 1},
                new byte[] {0x7f, 0, 0, 0})) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout((int) TIMEOUT_MILLIS);
                new DataOutputStream(socket.getOutputStream()).write(nonsense);
                assertThat(readToEnd(socket)).isZero();
            }
        }
    }

    private static int readToEnd(Socket socket) throws IOException {
        int read = 0;
        try {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (in.read() >= 0) {
                read++;
            }
        } catch (SocketException reset) {
            // the connection is closed
        }
        return read;
    }

    private PeerTransport transportWithVersions(int lowest, int highest, int port) throws IOException {
        return transport(CLUSTER, port, new PeerVersions(lowest, highest));
    }

    @Test
    void nodesUseTheHighestVersionThatAllSpeak() throws Exception {
        int older = FreePorts.one();
        int newer = FreePorts.one();
        transportWithVersions(2, 2, older);
        transportWithVersions(2, 4, newer);
        PeerTransport node = transportWithVersions(2, 3, FreePorts.one());
        assertThat(node.commonVersion(List.of(at(newer))))
                .as("before the handshake")
                .isEqualTo(2);
        connected(node, newer);
        assertThat(node.commonVersion(List.of(at(newer)))).isEqualTo(3);
        connected(node, older);
        assertThat(node.commonVersion(List.of(at(newer), at(older)))).isEqualTo(2);
    }

    @Test
    void nodesWithoutACommonVersionRejectEachOtherWithBothRanges() throws Exception {
        int older = FreePorts.one();
        int newer = FreePorts.one();
        PeerTransport old = transportWithVersions(1, 2, older);
        PeerTransport next = transportWithVersions(3, 4, newer);
        BlockingQueue<String> oldEvents = events(old);
        BlockingQueue<String> nextEvents = events(next);
        old.connect(at(newer));
        next.connect(at(older));
        expect(
                oldEvents,
                "refused: a node that speaks peer protocol 1 to 2 met one that speaks 3 to 4, and they have none");
        expect(
                nextEvents,
                "refused: a node that speaks peer protocol 3 to 4 met one that speaks 1 to 2, and they have none");
        assertThat(old.isConnected(at(newer))).isFalse();
        assertThat(next.isConnected(at(older))).isFalse();
    }

    @Test
    void aResetConnectionIsLoggedAsALossAndNotAsARefusedMessage() throws Exception {
        int port = FreePorts.one();
        try (LoggedLines logged = LoggedLines.of(PeerTransport.class);
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            PeerTransport transport = transport(CLUSTER, port);
            Socket member = new Socket(InetAddress.getLoopbackAddress(), port);
            PeerHello hello = new PeerHello(PeerVersions.SUPPORTED, CLUSTER, 7, GROUP + 1, UUID.randomUUID(), false);
            ByteBuf frame = Frame.hello(UnpooledByteBufAllocator.DEFAULT, Frame.KIND_HELLO, hello);
            frame.readBytes(member.getOutputStream(), frame.readableBytes());
            resetAfterFirstByte(member);
            logged.await("DEBUG peer-connection-broken from=/127.0.0.1:", 1);
            transport.connect(at(other.getLocalPort()));
            resetAfterFirstByte(other.accept());
            logged.await("DEBUG peer-connection-broken from=127.0.0.1:" + other.getLocalPort(), 1);
            assertThat(logged.all()).allMatch(line -> line.startsWith("DEBUG "));
        }
    }

    @Test
    void connectionAndReconnectionAreLoggedOnce() throws Exception {
        int port = FreePorts.one();
        try (LoggedLines logged = LoggedLines.of(PeerLink.class)) {
            PeerTransport client = transport(CLUSTER, FreePorts.one());
            BlockingQueue<String> events = events(client);
            client.connect(at(port));
            expect(events, "closed");
            PeerTransport server = transport(CLUSTER, port);
            expect(events, "connected");
            opened.remove(server);
            server.close();
            expect(events, "closed");
            expect(events, "closed");
            transport(CLUSTER, port);
            expect(events, "connected");
            String peer = " peer=127.0.0.1:" + port;
            assertThat(logged.all())
                    .containsExactly(
                            "INFO peer-connected" + peer + " versions=" + PeerVersions.SUPPORTED,
                            "INFO peer-connection-lost" + peer,
                            "INFO peer-connected" + peer + " versions=" + PeerVersions.SUPPORTED);
        }
    }

    /** Resets the connection, as the kernel does for a killed process with unread data. */
    private static void resetAfterFirstByte(Socket socket) throws IOException {
        socket.setSoTimeout((int) TIMEOUT_MILLIS);
        assertThat(socket.getInputStream().read()).isNotNegative();
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Test
    void errorsOfTheDecoderAndTlsAreLoggedAsRefusedMessages() throws Exception {
        try (LoggedLines logged = LoggedLines.of(PeerTransport.class)) {
            PeerTransport transport = transport(CLUSTER, FreePorts.one());
            transport.rejected("a", new DecoderException(new TransportException("a frame too large")));
            transport.rejected("b", new DecoderException(new SSLHandshakeException("no certificate")));
            transport.rejected("c", new SSLException("not an SSL record"));
            assertThat(logged.all())
                    .containsExactly(
                            "WARN peer-message-refused from=a reason=\"a frame too large\" suppressed=0",
                            "WARN peer-message-refused from=b reason=\"no certificate\" suppressed=0",
                            "WARN peer-message-refused from=c reason=\"not an SSL record\" suppressed=0");
        }
    }

    @Test
    void aMessageLargerThanAFrameIsRefusedBeforeItIsSent() throws Exception {
        int port = FreePorts.one();
        transport(CLUSTER, port);
        PeerTransport client = connected(transport(CLUSTER, FreePorts.one()), port);
        assertThatThrownBy(() -> client.call(at(port), GROUP, KIND, new byte[Frame.BYTES_MAX], TIMEOUT_MILLIS))
                .isInstanceOf(TransportException.class)
                .hasMessageContaining("larger than a frame");
    }
}

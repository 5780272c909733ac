package io.mandate.server.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.RaftOutter.EntryMeta;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.GetFileRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.PingRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.mandate.server.FreePorts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Invalid bytes on a peer connection close the connection, and affect nothing else. */
@Timeout(60)
class PeerBytesTest {
    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false);
    private static final long CLUSTER = 42;
    private static final int GROUPS = 2;
    private static final int KIND = 7;
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final long SEED = 20_260_302;

    /** The hello of a release with version 2 only: cluster 42, member 7, two groups. */
    private static final String HELLO_OF_VERSION_TWO = "00000033" + "01" + "00" + "0000000000000000" + "4d4e4454"
            + "0002" + "000000000000002a" + "0000000000000007" + "0002" + "00000000000000010000000000000002" + "00";

    private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
    private PeerTransport transport;
    private int port;

    @BeforeEach
    void listen() throws IOException {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> uncaught.add(failure));
        port = FreePorts.one();
        transport = new PeerTransport(hello(PeerVersions.SUPPORTED, 1), port, new OneCluster(CLUSTER), null);
        transport.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        transport.handle(1, KIND, request -> {
            if (request.length == 0) {
                throw new IllegalArgumentException("an empty request");
            }
            return CompletableFuture.completedFuture(request);
        });
    }

    @AfterEach
    void close() {
        transport.close();
        Thread.setDefaultUncaughtExceptionHandler(null);
        assertThat(uncaught).isEmpty();
    }

    private static PeerHello hello(PeerVersions versions, long member) {
        return new PeerHello(versions, CLUSTER, member, GROUPS, new UUID(1, 2), false);
    }

    private static byte[] bytes(ByteBuf frame) {
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        return bytes;
    }

    private static byte[] frame(int kind, int type, byte[] payload) {
        return ByteBuffer.allocate(Frame.LENGTH_BYTES + Frame.HEADER_BYTES + payload.length)
                .putInt(Frame.HEADER_BYTES + payload.length)
                .put((byte) kind)
                .put((byte) type)
                .putLong(1)
                .put(payload)
                .array();
    }

    private static byte[] request(Message message) {
        return bytes(EngineMessages.frame(HEAP, Frame.KIND_REQUEST, 1, message));
    }

    /** A connection of another node. */
    private final class Connection implements AutoCloseable {
        private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        private final DataInputStream in = new DataInputStream(socket.getInputStream());

        Connection() throws IOException {
            socket.setSoTimeout(TIMEOUT_MILLIS);
        }

        Connection connected() throws IOException {
            send(bytes(Frame.hello(HEAP, Frame.KIND_HELLO, hello(PeerVersions.SUPPORTED, 7))));
            assertThat(read()[0]).isEqualTo(Frame.KIND_WELCOME);
            return this;
        }

        void send(byte[] bytes) throws IOException {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
        }

        /** A frame without its length. */
        byte[] read() throws IOException {
            byte[] frame = new byte[in.readInt()];
            in.readFully(frame);
            return frame;
        }

        boolean isClosed() throws IOException {
            try {
                while (true) {
                    read();
                }
            } catch (EOFException | SocketException ended) {
                return true;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private void assertClosesConnection(byte[] sent) throws IOException {
        try (Connection other = new Connection().connected()) {
            other.send(sent);
            assertThat(other.isClosed()).isTrue();
        }
        assertServes();
    }

    private void assertServes() throws IOException {
        try (Connection other = new Connection().connected()) {
            other.send(frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[] {0, 1, 5}));
            assertThat(other.read()).startsWith(Frame.KIND_RESPONSE).endsWith(5);
        }
    }

    @Test
    void aNodeOfVersionTwoIsCompatible() throws Exception {
        try (Connection other = new Connection()) {
            other.send(HexFormat.of().parseHex(HELLO_OF_VERSION_TWO));
            byte[] welcome = other.read();
            assertThat(welcome).hasSize(10 + 41).startsWith(Frame.KIND_WELCOME, 0);
            assertThat(HexFormat.of().formatHex(welcome, 10, 32))
                    .isEqualTo("4d4e4454" + "0002" + "000000000000002a" + "0000000000000001");
            other.send(frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[] {0, 1, 5}));
            assertThat(other.read()).startsWith(Frame.KIND_RESPONSE).endsWith(5);
        }
        byte[] own = bytes(Frame.hello(HEAP, Frame.KIND_HELLO, hello(new PeerVersions(2, 3), 7)));
        byte[] old = HexFormat.of().parseHex(HELLO_OF_VERSION_TWO);
        old[13] = 3; // the only difference: the highest version, which version 2 ignores
        assertThat(own).isEqualTo(old);
    }

    @Test
    void aNodeWithoutACommonVersionIsRejectedWithBothRangesAndTheRemedy() throws Exception {
        try (Connection other = new Connection()) {
            other.send(bytes(Frame.hello(HEAP, Frame.KIND_HELLO, hello(new PeerVersions(7, 9), 7))));
            byte[] refusal = other.read();
            assertThat(refusal[0]).isEqualTo(Frame.KIND_REFUSED);
            assertThat(new String(refusal, StandardCharsets.UTF_8))
                    .contains("peer protocol 7 to 9", "speaks 2", "consecutive releases");
            assertThat(other.isClosed()).isTrue();
        }
        assertServes();
    }

    @Test
    void beforeTheHandshakeOnlyAHelloIsAccepted() throws Exception {
        for (int length : new int[] {0, 9, Frame.FIRST_BYTES_MAX + 1, Frame.BYTES_MAX, -1, Integer.MIN_VALUE}) {
            try (Connection unknown = new Connection()) {
                unknown.send(ByteBuffer.allocate(4).putInt(length).array());
                assertThat(unknown.isClosed()).as("length " + length).isTrue();
            }
        }
        assertServes();
    }

    @Test
    void malformedFramesCloseTheConnection() throws Exception {
        assertClosesConnection(frame(99, 0, new byte[0]));
        assertClosesConnection(frame(Frame.KIND_RESPONSE, 0, new byte[0]));
        assertClosesConnection(bytes(Frame.hello(HEAP, Frame.KIND_HELLO, hello(PeerVersions.SUPPORTED, 7))));
        assertClosesConnection(new byte[] {0, 0, 0, 3, 1, 2, 3});
        assertClosesConnection(new byte[] {-1, -1, -1, -1});
        assertClosesConnection(frame(Frame.KIND_REQUEST, 63, new byte[0]));
        assertClosesConnection(frame(Frame.KIND_REQUEST, 2, new byte[] {1, 2, 3}));
        // a response instead of a request, without its required fields
        assertClosesConnection(frame(Frame.KIND_REQUEST, 3, new byte[0]));
        assertClosesConnection(frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[0]));
        assertClosesConnection(frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[] {0}));
        assertClosesConnection(frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[] {0, GROUPS, 5}));
        // refused by its handler
        assertClosesConnection(frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[] {0, 1}));
    }

    /** The connection stays open: a starting node has no handlers yet, and a newer node may send more messages. */
    @Test
    void aMessageWithoutAHandlerFailsButKeepsTheConnection() throws Exception {
        try (Connection other = new Connection().connected()) {
            other.send(frame(Frame.KIND_REQUEST, 200, new byte[] {0, 1}));
            assertThat(new String(other.read(), StandardCharsets.UTF_8)).contains("no handler", "200", "group 1");
            other.send(frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[] {0, 1, 5}));
            assertThat(other.read()).startsWith(Frame.KIND_RESPONSE).endsWith(5);
        }
    }

    private static AppendEntriesRequest.Builder append() {
        return AppendEntriesRequest.newBuilder()
                .setGroupId(PeerTransport.groupId(0))
                .setServerId("127.0.0.1:1")
                .setPeerId("127.0.0.1:2")
                .setTerm(1)
                .setPrevLogIndex(0)
                .setPrevLogTerm(0)
                .setCommittedIndex(0);
    }

    private static EntryMeta.Builder entry(long bytes) {
        return EntryMeta.newBuilder()
                .setTerm(1)
                .setType(EntryType.ENTRY_TYPE_DATA)
                .setDataLen(bytes);
    }

    @Test
    void requestsThatNoMemberSendsDoNotReachTheEngine() throws Exception {
        assertClosesConnection(request(append().setGroupId("mandate-2").build()));
        assertClosesConnection(request(append().setGroupId("x\n").build()));
        assertClosesConnection(request(append().setServerId("10.9.9.9:1").build()));
        assertClosesConnection(request(append().setPeerId("nobody").build()));
        assertClosesConnection(
                request(append().addEntries(entry(Integer.MAX_VALUE)).build()));
        assertClosesConnection(request(append().addEntries(entry(-1)).build()));
        assertClosesConnection(request(append().addEntries(entry(2))
                .addEntries(entry(Long.MAX_VALUE))
                .setData(ByteString.copyFrom(new byte[] {1, 1}))
                .build()));
        assertClosesConnection(request(append().addEntries(entry(2))
                .setData(ByteString.copyFrom(new byte[] {9, 1}))
                .build()));
        assertClosesConnection(request(InstallSnapshotRequest.newBuilder()
                .setGroupId(PeerTransport.groupId(0))
                .setServerId("127.0.0.1:1")
                .setPeerId("127.0.0.1:2")
                .setTerm(1)
                .setMeta(SnapshotMeta.newBuilder().setLastIncludedIndex(1).setLastIncludedTerm(1))
                .setUri("remote://10.9.9.9:80/1")
                .build()));
    }

    /**
     * The engine requests a small file with the largest possible count, and would read as much of a large one into
     * memory.
     */
    @Test
    void theBytesOfAFileReadAtATimeAreLimited() {
        EngineRequests requests = new EngineRequests(GROUPS, new OneCluster(CLUSTER));
        GetFileRequest.Builder file = GetFileRequest.newBuilder()
                .setReaderId(1)
                .setFilename("keyspace")
                .setOffset(0);
        GetFileRequest small = file.setCount(128 << 10).build();
        assertThat(requests.admit(small)).isSameAs(small);
        assertThat(requests.admit(file.setCount(Integer.MAX_VALUE).build()))
                .isEqualTo(file.setCount(EngineRequests.FILE_BYTES_MAX).build());
    }

    /** A valid request to a starting node is answered by the engine. */
    @Test
    void validRequestsReachTheEngine() throws Exception {
        try (Connection other = new Connection().connected()) {
            other.send(request(append().addEntries(entry(2))
                    .setData(ByteString.copyFrom(new byte[] {1, 1}))
                    .build()));
            assertThat(other.read()).startsWith(Frame.KIND_RESPONSE);
        }
    }

    @Test
    void randomAndDamagedBytesAffectOnlyTheirConnection() throws Exception {
        Random random = new Random(SEED);
        List<byte[]> whole = List.of(
                frame(Frame.KIND_REQUEST, Frame.OWN_TYPES + KIND, new byte[] {0, 1, 5, 6}),
                request(append().addEntries(entry(2))
                        .setData(ByteString.copyFrom(new byte[] {1, 1}))
                        .build()),
                request(RequestVoteRequest.newBuilder()
                        .setGroupId(PeerTransport.groupId(1))
                        .setServerId("127.0.0.1:1")
                        .setPeerId("127.0.0.1:2")
                        .setTerm(1)
                        .setLastLogTerm(1)
                        .setLastLogIndex(1)
                        .setPreVote(true)
                        .build()));
        for (int round = 0; round < 300; round++) {
            byte[] sent = whole.get(random.nextInt(whole.size())).clone();
            if (random.nextInt(4) == 0) {
                random.nextBytes(sent);
            } else {
                for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                    sent[4 + random.nextInt(sent.length - 4)] = (byte) random.nextInt(256);
                }
            }
            try (Connection other = new Connection().connected()) {
                other.send(sent);
            }
        }
        assertServes();
    }

    /** A node to which the transport connects, and which sends fixed responses. */
    private static final class RespondingNode implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final List<byte[]> responses = new ArrayList<>();

        RespondingNode(byte[]... responses) throws IOException {
            this.responses.addAll(List.of(responses));
            Thread thread = new Thread(this::run, "answering");
            thread.setDaemon(true);
            thread.start();
        }

        Endpoint endpoint() {
            return new Endpoint("127.0.0.1", socket.getLocalPort());
        }

        private void run() {
            try (Socket connection = socket.accept()) {
                DataInputStream in = new DataInputStream(connection.getInputStream());
                for (byte[] response : responses) {
                    in.readFully(new byte[in.readInt()]);
                    connection.getOutputStream().write(response);
                }
                while (in.read() >= 0) {
                    // until the connection is closed
                }
            } catch (IOException ended) {
                // the connection is closed
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static byte[] welcome() {
        return bytes(Frame.hello(HEAP, Frame.KIND_WELCOME, hello(PeerVersions.SUPPORTED, 9)));
    }

    private CompletableFuture<Void> connectedTo(RespondingNode other) {
        CompletableFuture<Void> connected = new CompletableFuture<>();
        transport.addListener(new PeerListener() {
            @Override
            public void connected(Endpoint peer) {
                if (peer.equals(other.endpoint())) {
                    connected.complete(null);
                }
            }
        });
        transport.connect(other.endpoint());
        return connected.orTimeout(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** A malformed response once left the engine waiting for ever: the call was removed, but not completed. */
    @Test
    void aMalformedResponseFailsTheCall() throws Exception {
        for (byte[] response : List.of(
                frame(Frame.KIND_RESPONSE, 63, new byte[0]), // unknown
                frame(Frame.KIND_RESPONSE, 3, new byte[0]), // the response to another request
                frame(Frame.KIND_RESPONSE, 0, new byte[] {1, 2, 3}), // cannot be parsed
                frame(Frame.KIND_REQUEST, 0, new byte[0]),
                new byte[] {0, 0, 0, 1, 5})) {
            try (RespondingNode other = new RespondingNode(welcome(), response)) {
                connectedTo(other).join();
                assertThatThrownBy(() -> transport
                                .engineClient()
                                .invokeSync(
                                        other.endpoint(),
                                        PingRequest.newBuilder()
                                                .setSendTimestamp(1)
                                                .build(),
                                        null,
                                        TIMEOUT_MILLIS))
                        .rootCause()
                        .isInstanceOf(TransportException.class);
            }
        }
    }

    @Test
    void aNodeThatDoesNotAnswerTheHelloIsNotConnected() throws Exception {
        for (byte[] response : List.of(
                frame(Frame.KIND_RESPONSE, 0, new byte[0]),
                frame(Frame.KIND_WELCOME, 0, new byte[3]),
                frame(Frame.KIND_WELCOME, 0, new byte[Frame.FIRST_BYTES_MAX]))) {
            try (RespondingNode other = new RespondingNode(response)) {
                transport.connect(other.endpoint());
                assertThat(transport.isConnected(other.endpoint())).isFalse();
            }
        }
        assertServes();
    }
}

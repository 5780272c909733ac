package io.mandate.cli.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.ResponseHeader;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watch against a store that breaks off where it is told to. */
@Timeout(60)
class ResumingWatchTest {
    private static final WatchResponse CREATED = WatchResponse.newBuilder()
            .setHeader(ResponseHeader.newBuilder().setRevision(4))
            .setCreated(true)
            .build();

    /** One stream after the other: what each sends before it breaks. */
    private final Queue<List<WatchResponse>> streams = new ArrayDeque<>();

    private final Queue<Long> startRevisions = new ConcurrentLinkedQueue<>();
    private Status breaking = Status.UNAVAILABLE.withDescription("broken off");
    private Server server;

    @BeforeEach
    void startServer() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new KVGrpc.KVImplBase() {
                    @Override
                    public void range(RangeRequest request, StreamObserver<RangeResponse> answer) {
                        answer.onNext(RangeResponse.getDefaultInstance());
                        answer.onCompleted();
                    }
                })
                .addService(new WatchGrpc.WatchImplBase() {
                    @Override
                    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
                        return new Script(responses);
                    }
                })
                .build()
                .start();
    }

    @AfterEach
    void stopServer() throws Exception {
        server.shutdownNow().awaitTermination();
    }

    private final class Script implements StreamObserver<WatchRequest> {
        private final StreamObserver<WatchResponse> responses;

        Script(StreamObserver<WatchResponse> responses) {
            this.responses = responses;
        }

        @Override
        public void onNext(WatchRequest request) {
            startRevisions.add(request.getCreateRequest().getStartRevision());
            streams.remove().forEach(responses::onNext);
            responses.onError(breaking.asRuntimeException());
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }

    private static WatchResponse events(boolean fragment, String... revisionsAndKeys) {
        WatchResponse.Builder response = WatchResponse.newBuilder().setFragment(fragment);
        for (String event : revisionsAndKeys) {
            response.addEvents(Event.newBuilder()
                    .setKv(KeyValue.newBuilder()
                            .setModRevision(Long.parseLong(event.substring(0, 1)))
                            .setKey(ByteString.copyFromUtf8(event.substring(1)))));
        }
        return response.build();
    }

    private static WatchResponse progress(long revision) {
        return WatchResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setRevision(revision))
                .build();
    }

    /** Watches until so many events have come. */
    private List<String> watch(long revision, int count) {
        List<String> seen = new ArrayList<>();
        try (StoreClient client = new StoreClient(List.of("127.0.0.1:" + server.getPort()), Duration.ofSeconds(30))) {
            Keys.WireRange all = new Keys.WireRange(ByteString.copyFrom(new byte[1]), ByteString.copyFrom(new byte[1]));
            new ResumingWatch(client, all, revision, notice -> {}).run(event -> {
                seen.add(event.getKv().getModRevision() + event.getKv().getKey().toStringUtf8());
                return seen.size() < count;
            });
        }
        return seen;
    }

    @Test
    void aRevisionThatBrokeOffBetweenFragmentsIsGivenOnceAndWhole() {
        streams.add(List.of(CREATED, events(true, "5a", "5b", "6a"), events(true, "6b")));
        streams.add(List.of(CREATED, events(true, "6a", "6b"), events(false, "6c", "7a")));
        assertThat(watch(5, 6)).containsExactly("5a", "5b", "6a", "6b", "6c", "7a");
        assertThat(startRevisions).containsExactly(5L, 6L);
    }

    @Test
    void whatComesNextIsAskedForAlsoIfNothingHasComeYet() {
        streams.add(List.of(CREATED));
        streams.add(List.of(CREATED, events(false, "6a")));
        assertThat(watch(0, 1)).containsExactly("6a");
        assertThat(startRevisions).containsExactly(0L, 5L);
    }

    @Test
    void progressMovesOnWhatIsAskedForNext() {
        streams.add(List.of(CREATED, events(false, "5a"), progress(7)));
        streams.add(List.of(CREATED, events(false, "9a")));
        assertThat(watch(5, 2)).containsExactly("5a", "9a");
        assertThat(startRevisions).containsExactly(5L, 8L);
    }

    @Test
    void whatHasBeenCompactedAwayMeanwhileEndsItAndIsNamed() {
        streams.add(List.of(CREATED, events(false, "5a")));
        streams.add(List.of(
                CREATED,
                WatchResponse.newBuilder()
                        .setCanceled(true)
                        .setCompactRevision(9)
                        .build()));
        assertThatThrownBy(() -> watch(5, 9))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContainingAll("OUT_OF_RANGE", "revision 6 is gone", "history begins at 9");
    }

    @Test
    void aRefusalEndsIt() {
        streams.add(List.of(WatchResponse.newBuilder()
                .setCreated(true)
                .setCanceled(true)
                .setCancelReason("etcdserver: permission denied")
                .build()));
        assertThatThrownBy(() -> watch(5, 1)).hasMessageContaining("etcdserver: permission denied");
        breaking = Status.UNIMPLEMENTED;
        streams.add(List.of());
        assertThatThrownBy(() -> watch(5, 1)).hasMessageContaining("UNIMPLEMENTED");
    }
}

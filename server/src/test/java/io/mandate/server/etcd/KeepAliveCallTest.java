package io.mandate.server.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.lease.KeepAliveCall;
import io.mandate.server.raft.ReplicationException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeepAliveCallTest {
    private static final int IN_FLIGHT_MAX = 1_024;

    private final List<CompletableFuture<LeaseKeepAliveResponse>> renewals = new ArrayList<>();
    private final Client client = new Client();
    private final KeepAliveCall call = new KeepAliveCall(client, request -> {
                CompletableFuture<LeaseKeepAliveResponse> renewal = new CompletableFuture<>();
                renewals.add(renewal);
                return renewal;
            })
            .open();

    private void renew(long lease) {
        call.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
    }

    private void complete(int renewal) {
        renewals.get(renewal)
                .complete(LeaseKeepAliveResponse.newBuilder().setID(renewal).build());
    }

    @Test
    void responsesAreSentInTheOrderOfTheRequests() {
        renew(0);
        renew(1);
        renew(2);
        complete(2);
        complete(1);
        assertThat(client.received).isEmpty();
        complete(0);
        assertThat(client.received).containsExactly(0L, 1L, 2L);
    }

    @Test
    void theInFlightLimitIsRequestedAtFirstAndThenOneMessageForEachResponse() {
        assertThat(client.requested).isEqualTo(IN_FLIGHT_MAX);
        renew(0);
        renew(1);
        assertThat(client.requested).isEqualTo(IN_FLIGHT_MAX);
        complete(0);
        assertThat(client.requested).isEqualTo(IN_FLIGHT_MAX + 1);
    }

    @Test
    void noMoreRequestsAreReadFromAClientThatDoesNotRead() {
        renew(0);
        client.ready = false;
        complete(0);
        assertThat(client.received).isEmpty();
        assertThat(client.requested).isEqualTo(IN_FLIGHT_MAX);
        client.ready = true;
        client.onReady.run();
        assertThat(client.received).containsExactly(0L);
        assertThat(client.requested).isEqualTo(IN_FLIGHT_MAX + 1);
    }

    @Test
    void aStreamThatFailedWithoutALeaderSendsNothingMore() {
        renew(0);
        call.fail(EtcdErrors.NO_LEADER);
        complete(0);
        call.fail(Status.UNKNOWN);
        assertThat(client.received).isEmpty();
        assertThat(client.failure).isNotNull();
        assertThat(Status.fromThrowable(client.failure)).isEqualTo(EtcdErrors.NO_LEADER);
    }

    @Test
    void aFailureEndsTheStreamOnceAndInTheOrderOfTheRequests() {
        renew(0);
        renew(1);
        renew(2);
        renewals.get(1)
                .completeExceptionally(
                        new ReplicationException(ReplicationException.Kind.LEADER_CHANGED, "leader lost"));
        assertThat(client.failure).isNull();
        complete(0);
        complete(2);
        assertThat(client.received).containsExactly(0L);
        assertThat(Status.fromThrowable(client.failure).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void aHalfClosedStreamCompletesAfterTheLastResponse() {
        renew(0);
        call.onCompleted();
        assertThat(client.completed).isFalse();
        complete(0);
        assertThat(client.completed).isTrue();
    }

    @Test
    void nothingIsSentToACancelledClient() {
        renew(0);
        client.onCancel.run();
        complete(0);
        assertThat(client.received).isEmpty();
        assertThat(client.requested).isEqualTo(IN_FLIGHT_MAX);
    }

    /** The client's end of the stream. */
    private static final class Client extends ServerCallStreamObserver<LeaseKeepAliveResponse> {
        private final List<Long> received = new ArrayList<>();
        private int requested;
        private boolean ready = true;
        private boolean completed;
        private @Nullable Throwable failure;
        private Runnable onReady = () -> {};
        private Runnable onCancel = () -> {};

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            received.add(response.getID());
        }

        @Override
        public void onError(Throwable error) {
            assertThat(failure).as("the stream ends once").isNull();
            failure = error;
        }

        @Override
        public void onCompleted() {
            completed = true;
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {
            onReady = handler;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {
            onCancel = handler;
        }

        @Override
        public void disableAutoInboundFlowControl() {}

        @Override
        public void disableAutoRequest() {}

        @Override
        public void request(int count) {
            requested += count;
        }

        @Override
        public void setMessageCompression(boolean enable) {}

        @Override
        public void setCompression(String compression) {}
    }
}

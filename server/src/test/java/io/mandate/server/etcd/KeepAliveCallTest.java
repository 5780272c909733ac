package io.mandate.server.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.server.raft.ReplicationException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeepAliveCallTest {
    private static final int UNDER_WAY_MAX = 1_024;

    private final List<CompletableFuture<LeaseKeepAliveResponse>> renewals = new ArrayList<>();
    private final Client client = new Client();
    private final KeepAliveCall conversation = new KeepAliveCall(client, request -> {
                CompletableFuture<LeaseKeepAliveResponse> renewal = new CompletableFuture<>();
                renewals.add(renewal);
                return renewal;
            })
            .open();

    private void ask(long lease) {
        conversation.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
    }

    private void renewed(int renewal) {
        renewals.get(renewal)
                .complete(LeaseKeepAliveResponse.newBuilder().setID(renewal).build());
    }

    @Test
    void answersLeaveInTheOrderOfTheRequests() {
        ask(0);
        ask(1);
        ask(2);
        renewed(2);
        renewed(1);
        assertThat(client.answered).isEmpty();
        renewed(0);
        assertThat(client.answered).containsExactly(0L, 1L, 2L);
    }

    @Test
    void asManyAreReadAsMayBeUnderWayAndThenOneForEachAnswer() {
        assertThat(client.requested).isEqualTo(UNDER_WAY_MAX);
        ask(0);
        ask(1);
        assertThat(client.requested).isEqualTo(UNDER_WAY_MAX);
        renewed(0);
        assertThat(client.requested).isEqualTo(UNDER_WAY_MAX + 1);
    }

    @Test
    void aClientThatDoesNotReadIsNotReadFrom() {
        ask(0);
        client.ready = false;
        renewed(0);
        assertThat(client.answered).isEmpty();
        assertThat(client.requested).isEqualTo(UNDER_WAY_MAX);
        client.ready = true;
        client.becameReady.run();
        assertThat(client.answered).containsExactly(0L);
        assertThat(client.requested).isEqualTo(UNDER_WAY_MAX + 1);
    }

    @Test
    void aStreamThatWasEndedForWantOfALeaderSaysNothingMore() {
        ask(0);
        conversation.fail(EtcdErrors.NO_LEADER);
        renewed(0);
        conversation.fail(Status.UNKNOWN);
        assertThat(client.answered).isEmpty();
        assertThat(client.failure).isNotNull();
        assertThat(Status.fromThrowable(client.failure)).isEqualTo(EtcdErrors.NO_LEADER);
    }

    @Test
    void aFailureEndsTheStreamOnceAndInItsTurn() {
        ask(0);
        ask(1);
        ask(2);
        renewals.get(1)
                .completeExceptionally(new ReplicationException(ReplicationException.Kind.LEADER_CHANGED, "gone"));
        assertThat(client.failure).isNull();
        renewed(0);
        renewed(2);
        assertThat(client.answered).containsExactly(0L);
        assertThat(Status.fromThrowable(client.failure).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void theStreamCompletesWhenAllIsAskedAndAnswered() {
        ask(0);
        conversation.onCompleted();
        assertThat(client.completed).isFalse();
        renewed(0);
        assertThat(client.completed).isTrue();
    }

    @Test
    void nothingIsSaidToAClientThatHasGone() {
        ask(0);
        client.left.run();
        renewed(0);
        assertThat(client.answered).isEmpty();
        assertThat(client.requested).isEqualTo(UNDER_WAY_MAX);
    }

    /** The other end of the stream. */
    private static final class Client extends ServerCallStreamObserver<LeaseKeepAliveResponse> {
        private final List<Long> answered = new ArrayList<>();
        private int requested;
        private boolean ready = true;
        private boolean completed;
        private @Nullable Throwable failure;
        private Runnable becameReady = () -> {};
        private Runnable left = () -> {};

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            answered.add(response.getID());
        }

        @Override
        public void onError(Throwable error) {
            assertThat(failure).as("one end only").isNull();
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
            becameReady = handler;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {
            left = handler;
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

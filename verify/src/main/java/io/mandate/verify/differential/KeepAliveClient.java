package io.mandate.verify.differential;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One side's keep-alive stream, opened again after the server has ended it. Answers come in the order of the questions.
 */
final class KeepAliveClient {
    private final Channel channel;
    private final LeaseNames leaseNames;
    private Renewals current;

    KeepAliveClient(Channel channel, LeaseNames leaseNames) {
        this.channel = channel;
        this.leaseNames = leaseNames;
        this.current = new Renewals();
    }

    CompletableFuture<StepAnswer> renew(long serverLeaseId) {
        if (current.ended) {
            current = new Renewals();
        }
        CompletableFuture<StepAnswer> answer = new CompletableFuture<>();
        current.waiting.add(answer);
        current.requests.onNext(
                LeaseKeepAliveRequest.newBuilder().setID(serverLeaseId).build());
        return answer;
    }

    void close() {
        if (!current.ended) {
            current.requests.onCompleted();
        }
    }

    private final class Renewals implements StreamObserver<LeaseKeepAliveResponse> {
        private final Queue<CompletableFuture<StepAnswer>> waiting = new ConcurrentLinkedQueue<>();
        private final StreamObserver<LeaseKeepAliveRequest> requests;
        private volatile boolean ended;

        Renewals() {
            requests = ClientCalls.asyncBidiStreamingCall(
                    channel.newCall(LeaseGrpc.getLeaseKeepAliveMethod(), CallOptions.DEFAULT), this);
        }

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            CompletableFuture<StepAnswer> answer = waiting.poll();
            if (answer != null) {
                answer.complete(StepAnswer.of(leaseNames.toCommon(response)));
            }
        }

        @Override
        public void onError(Throwable failure) {
            end(StepAnswer.of(failure));
        }

        @Override
        public void onCompleted() {
            end(StepAnswer.none());
        }

        private void end(StepAnswer answer) {
            ended = true;
            waiting.forEach(waiter -> waiter.complete(answer));
        }
    }
}

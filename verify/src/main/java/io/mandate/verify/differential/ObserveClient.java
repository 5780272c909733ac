package io.mandate.verify.differential;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.election.ElectionGrpc;
import io.mandate.etcdapi.election.LeaderRequest;
import io.mandate.etcdapi.election.LeaderResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One side's observation of an election. Thread-safe. */
final class ObserveClient implements StreamObserver<LeaderResponse> {
    private final LeaseNames leaseNames;
    private final ClientCall<LeaderRequest, LeaderResponse> call;
    private final Deque<StepAnswer> received = new ArrayDeque<>();
    private @Nullable StepAnswer end;
    private @Nullable CompletableFuture<StepAnswer> waiter;

    ObserveClient(Channel channel, LeaseNames leaseNames, LeaderRequest request) {
        this.leaseNames = leaseNames;
        this.call = channel.newCall(ElectionGrpc.getObserveMethod(), CallOptions.DEFAULT);
        ClientCalls.asyncServerStreamingCall(call, request, this);
    }

    synchronized CompletableFuture<StepAnswer> next() {
        StepAnswer earliest = received.poll();
        if (earliest != null) {
            return CompletableFuture.completedFuture(earliest);
        }
        if (end != null) {
            return CompletableFuture.completedFuture(end);
        }
        waiter = new CompletableFuture<>();
        return waiter;
    }

    /** Gives the messages that nobody has waited for. */
    StepAnswer close() {
        call.cancel("observed enough", null);
        synchronized (this) {
            List<Message> left = new ArrayList<>();
            received.forEach(answer -> left.addAll(answer.messages()));
            received.clear();
            return new StepAnswer(StepAnswer.none().code(), "", left);
        }
    }

    @Override
    public void onNext(LeaderResponse response) {
        deliver(StepAnswer.of(leaseNames.toCommon(response)), false);
    }

    @Override
    public void onError(Throwable failure) {
        deliver(StepAnswer.of(failure), true);
    }

    @Override
    public void onCompleted() {
        deliver(StepAnswer.none(), true);
    }

    private void deliver(StepAnswer answer, boolean last) {
        CompletableFuture<StepAnswer> waiting;
        synchronized (this) {
            waiting = waiter;
            waiter = null;
            if (last) {
                end = answer;
            } else if (waiting == null) {
                received.add(answer);
            }
        }
        if (waiting != null) {
            waiting.complete(answer);
        }
    }
}

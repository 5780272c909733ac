package io.mandate.bench.harness;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/** A slot whose operation is one unary call. */
public abstract class UnarySlot<Q, A> implements Slot {
    private final Channel channel;
    private final MethodDescriptor<Q, A> method;

    public UnarySlot(Channel channel, MethodDescriptor<Q, A> method) {
        this.channel = channel;
        this.method = method;
    }

    protected abstract Q request();

    /** Takes the answer in; a reason if it is not the wanted one. */
    protected abstract Optional<String> accept(A answer);

    @Override
    public final void issue(Outcome outcome) {
        ClientCalls.asyncUnaryCall(channel.newCall(method, CallOptions.DEFAULT), request(), new StreamObserver<A>() {
            private Optional<String> complaint = Optional.of("no answer");

            @Override
            public void onNext(A answer) {
                complaint = accept(answer);
            }

            @Override
            public void onError(Throwable error) {
                outcome.failed(error.toString());
            }

            @Override
            public void onCompleted() {
                complaint.ifPresentOrElse(outcome::failed, outcome::succeeded);
            }
        });
    }
}

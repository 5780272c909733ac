package io.mandate.server.etcd.call;

import io.grpc.stub.StreamObserver;
import io.mandate.keyspace.api.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Sends the response of a unary call. */
public final class UnaryResponses {
    private UnaryResponses() {}

    /** Sends the translated value of {@code result}, or its failure. */
    public static <R, RespT> void send(
            CompletableFuture<R> result, StreamObserver<RespT> responses, Function<R, RespT> translate) {
        result.whenComplete((value, failure) -> {
            if (failure != null) {
                responses.onError(EtcdErrors.of(failure).asRuntimeException());
                return;
            }
            try {
                responses.onNext(translate.apply(value));
                responses.onCompleted();
            } catch (RuntimeException failed) {
                responses.onError(EtcdErrors.of(failed).asRuntimeException());
            }
        });
    }

    /** Casts the outcome to the expected type; throws the status of a refusal. */
    public static <O extends Outcome> O expect(Outcome outcome, Class<O> expected) {
        if (outcome instanceof Outcome.Refused refused) {
            throw EtcdErrors.of(refused.reason()).asRuntimeException();
        }
        return expected.cast(outcome);
    }
}

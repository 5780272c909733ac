package io.mandate.server.etcd;

import io.grpc.stub.StreamObserver;
import io.mandate.keyspace.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Sends the one answer of a unary call. */
final class UnaryResponses {
    private UnaryResponses() {}

    /** Sends what {@code result} completes with, translated; or its failure. */
    static <R, A> void send(CompletableFuture<R> result, StreamObserver<A> responses, Function<R, A> translate) {
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

    /** The outcome as the expected answer; a refusal is thrown as what it is on the wire. */
    static <O extends Outcome> O expect(Outcome outcome, Class<O> expected) {
        if (outcome instanceof Outcome.Refused refused) {
            throw EtcdErrors.of(refused.reason()).asRuntimeException();
        }
        return expected.cast(outcome);
    }
}

package io.mandate.server.http;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts calls by method and by how they ended, under the names of go-grpc-prometheus that etcd's dashboards use. */
final class GrpcMeters implements ServerInterceptor {
    private final MeterRegistry registry;
    private final Map<MethodDescriptor<?, ?>, LongAdder> started = new ConcurrentHashMap<>();
    private final Map<MethodDescriptor<?, ?>, Map<Status.Code, LongAdder>> handled = new ConcurrentHashMap<>();

    GrpcMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        MethodDescriptor<Q, A> method = call.getMethodDescriptor();
        started.computeIfAbsent(method, unseen -> counter("grpc.server.started", tags(unseen)))
                .increment();
        return next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    @Override
                    public void close(Status status, Metadata trailers) {
                        handled.computeIfAbsent(method, unseen -> new ConcurrentHashMap<>())
                                .computeIfAbsent(
                                        status.getCode(),
                                        code -> counter(
                                                "grpc.server.handled",
                                                tags(method).and("grpc_code", goName(code))))
                                .increment();
                        super.close(status, trailers);
                    }
                },
                headers);
    }

    private LongAdder counter(String name, Tags tags) {
        LongAdder count = new LongAdder();
        FunctionCounter.builder(name, count, LongAdder::doubleValue).tags(tags).register(registry);
        return count;
    }

    private static Tags tags(MethodDescriptor<?, ?> method) {
        String type = method.getType().clientSendsOneMessage()
                ? method.getType().serverSendsOneMessage() ? "unary" : "server_stream"
                : "bidi_stream";
        return Tags.of(
                "grpc_type", type,
                "grpc_service", String.valueOf(method.getServiceName()),
                "grpc_method", String.valueOf(method.getBareMethodName()));
    }

    /** {@code NOT_FOUND} as Go writes it: {@code NotFound}. */
    private static String goName(Status.Code code) {
        if (code == Status.Code.OK) {
            return "OK";
        }
        StringBuilder name = new StringBuilder();
        boolean wordBegins = true;
        for (char letter : code.name().toCharArray()) {
            if (letter != '_') {
                name.append(wordBegins ? letter : Character.toLowerCase(letter));
            }
            wordBegins = letter == '_';
        }
        return name.toString();
    }
}

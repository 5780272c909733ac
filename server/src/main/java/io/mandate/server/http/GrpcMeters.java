package io.mandate.server.http;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Counts calls by method and status, with the names of go-grpc-prometheus that etcd's dashboards use, and the bytes of
 * their messages with etcd's own. A tracer instead of an interceptor: it is also notified of calls that the client
 * cancels, and allocates one small object per call.
 *
 * <p>Methods that are not implemented are not counted: a client can choose any name, and each would be a time series.
 */
final class GrpcMeters extends ServerStreamTracer.Factory {
    private static final ServerStreamTracer UNCOUNTED = new ServerStreamTracer() {};

    private final Map<String, MethodMeters> methods = new HashMap<>();
    private final LongAdder receivedBytes = new LongAdder();
    private final LongAdder sentBytes = new LongAdder();

    GrpcMeters(List<ServerServiceDefinition> services, MeterRegistry registry) {
        for (ServerServiceDefinition service : services) {
            for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
                MethodDescriptor<?, ?> descriptor = method.getMethodDescriptor();
                methods.put(descriptor.getFullMethodName(), new MethodMeters(tags(descriptor), registry));
            }
        }
        count(registry, "etcd.network.client.grpc.received.bytes", Tags.empty(), receivedBytes);
        count(registry, "etcd.network.client.grpc.sent.bytes", Tags.empty(), sentBytes);
    }

    private static LongAdder count(MeterRegistry registry, String name, Tags tags, LongAdder count) {
        FunctionCounter.builder(name, count, LongAdder::doubleValue).tags(tags).register(registry);
        return count;
    }

    private static Tags tags(MethodDescriptor<?, ?> method) {
        String type = switch (method.getType()) {
            case UNARY, UNKNOWN -> "unary";
            case CLIENT_STREAMING -> "client_stream";
            case SERVER_STREAMING -> "server_stream";
            case BIDI_STREAMING -> "bidi_stream";
        };
        return Tags.of(
                "grpc_type", type,
                "grpc_service", String.valueOf(method.getServiceName()),
                "grpc_method", String.valueOf(method.getBareMethodName()));
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
        MethodMeters method = methods.get(fullMethodName);
        return method == null ? UNCOUNTED : new CallTracer(method);
    }

    private final class CallTracer extends ServerStreamTracer {
        private final MethodMeters method;

        CallTracer(MethodMeters method) {
            this.method = method;
            method.started.increment();
        }

        @Override
        public void inboundMessage(int sequence) {
            method.received.increment();
        }

        @Override
        public void outboundMessage(int sequence) {
            method.sent.increment();
        }

        @Override
        public void inboundUncompressedSize(long bytes) {
            receivedBytes.add(bytes);
        }

        @Override
        public void outboundUncompressedSize(long bytes) {
            sentBytes.add(bytes);
        }

        @Override
        public void streamClosed(Status status) {
            method.handled(status.getCode()).increment();
        }
    }

    /** The counters of one method. */
    private static final class MethodMeters {
        private final Tags tags;
        private final MeterRegistry registry;
        private final LongAdder started;
        private final LongAdder received;
        private final LongAdder sent;
        private final Map<Status.Code, LongAdder> handled = new ConcurrentHashMap<>();

        MethodMeters(Tags tags, MeterRegistry registry) {
            this.tags = tags;
            this.registry = registry;
            this.started = count(registry, "grpc.server.started", tags, new LongAdder());
            this.received = count(registry, "grpc.server.msg.received", tags, new LongAdder());
            this.sent = count(registry, "grpc.server.msg.sent", tags, new LongAdder());
        }

        /**
         * The counter of a status code, created at its first use: there are 17 codes, and most methods return two or
         * three.
         */
        LongAdder handled(Status.Code code) {
            @Nullable LongAdder known = handled.get(code);
            return known != null
                    ? known
                    : handled.computeIfAbsent(
                            code,
                            unseen -> count(
                                    registry,
                                    "grpc.server.handled",
                                    tags.and("grpc_code", goName(unseen)),
                                    new LongAdder()));
        }
    }

    /** The code's name in Go: {@code NotFound} for {@code NOT_FOUND}. */
    private static String goName(Status.Code code) {
        return switch (code) {
            case OK -> "OK";
            case CANCELLED -> "Canceled";
            default -> camelCase(code.name());
        };
    }

    private static String camelCase(String name) {
        return Stream.of(name.split("_", -1))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }
}

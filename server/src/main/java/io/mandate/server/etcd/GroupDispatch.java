package io.mandate.server.etcd;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Dispatches each call to the services of the group that its metadata name ({@code mandate-group}), by default group 0,
 * so that a service serves a single group. A stream stays with its group until it ends.
 */
public final class GroupDispatch<ReqT, RespT> implements ServerCallHandler<ReqT, RespT> {
    private static final Metadata.Key<String> GROUP =
            Metadata.Key.of("mandate-group", Metadata.ASCII_STRING_MARSHALLER);

    private final List<ServerCallHandler<ReqT, RespT>> handlers;

    private GroupDispatch(List<ServerCallHandler<ReqT, RespT>> handlers) {
        this.handlers = handlers;
    }

    /**
     * Merges the services of all groups into one list.
     *
     * @param services for each group, the same services in the same order
     */
    static List<ServerServiceDefinition> merge(List<List<ServerServiceDefinition>> services) {
        List<ServerServiceDefinition> dispatched = new ArrayList<>();
        for (int i = 0; i < services.get(0).size(); i++) {
            int index = i;
            dispatched.add(
                    mergeOne(services.stream().map(group -> group.get(index)).toList()));
        }
        return List.copyOf(dispatched);
    }

    private static ServerServiceDefinition mergeOne(List<ServerServiceDefinition> perGroup) {
        ServerServiceDefinition first = perGroup.get(0);
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(first.getServiceDescriptor());
        first.getMethods().forEach(method -> builder.addMethod(dispatched(method.getMethodDescriptor(), perGroup)));
        return builder.build();
    }

    private static <ReqT, RespT> ServerMethodDefinition<ReqT, RespT> dispatched(
            MethodDescriptor<ReqT, RespT> method, List<ServerServiceDefinition> perGroup) {
        return ServerMethodDefinition.create(
                method,
                new GroupDispatch<ReqT, RespT>(perGroup.stream()
                        .map(service -> GroupDispatch.<ReqT, RespT>handler(service, method))
                        .toList()));
    }

    @SuppressWarnings("unchecked") // a method's types are those of its descriptor, which all groups share
    private static <ReqT, RespT> ServerCallHandler<ReqT, RespT> handler(
            ServerServiceDefinition service, MethodDescriptor<ReqT, RespT> method) {
        return ((ServerMethodDefinition<ReqT, RespT>)
                        Objects.requireNonNull(service.getMethod(method.getFullMethodName())))
                .getServerCallHandler();
    }

    @Override
    public ServerCall.Listener<ReqT> startCall(ServerCall<ReqT, RespT> call, Metadata metadata) {
        String name = metadata.get(GROUP);
        if (name == null) {
            return handlers.get(0).startCall(call, metadata);
        }
        ServerCallHandler<ReqT, RespT> handler = handlerOf(name);
        if (handler != null) {
            return handler.startCall(call, metadata);
        }
        call.close(
                Status.INVALID_ARGUMENT.withDescription("mandate: there is no group '" + name
                        + "': this store has the groups 0 to " + (handlers.size() - 1)
                        + ", and metadata mandate-group must name one of them or be left out for group 0"),
                new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private @Nullable ServerCallHandler<ReqT, RespT> handlerOf(String name) {
        if (!name.matches("0|[1-9][0-9]?")) {
            return null;
        }
        int group = Integer.parseInt(name);
        return group < handlers.size() ? handlers.get(group) : null;
    }
}

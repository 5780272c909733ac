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
 * Hands each call to the services of the group that its metadata name ({@code mandate-group}), group 0 if they name
 * none: so no service knows that there are others of its kind. A stream belongs to its group as long as it lives.
 */
final class GroupDispatch<Q, A> implements ServerCallHandler<Q, A> {
    private static final Metadata.Key<String> GROUP =
            Metadata.Key.of("mandate-group", Metadata.ASCII_STRING_MARSHALLER);

    private final List<ServerCallHandler<Q, A>> handlers;

    private GroupDispatch(List<ServerCallHandler<Q, A>> handlers) {
        this.handlers = handlers;
    }

    /**
     * The services of all groups as one.
     *
     * @param services the same services in the same order for each group
     */
    static List<ServerServiceDefinition> over(List<List<ServerServiceDefinition>> services) {
        List<ServerServiceDefinition> dispatched = new ArrayList<>();
        for (int place = 0; place < services.get(0).size(); place++) {
            int of = place;
            dispatched.add(oneOf(services.stream().map(group -> group.get(of)).toList()));
        }
        return List.copyOf(dispatched);
    }

    private static ServerServiceDefinition oneOf(List<ServerServiceDefinition> ofGroups) {
        ServerServiceDefinition first = ofGroups.get(0);
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(first.getServiceDescriptor());
        first.getMethods().forEach(method -> builder.addMethod(dispatched(method.getMethodDescriptor(), ofGroups)));
        return builder.build();
    }

    private static <Q, A> ServerMethodDefinition<Q, A> dispatched(
            MethodDescriptor<Q, A> method, List<ServerServiceDefinition> ofGroups) {
        return ServerMethodDefinition.create(
                method,
                new GroupDispatch<Q, A>(ofGroups.stream()
                        .map(service -> GroupDispatch.<Q, A>handler(service, method))
                        .toList()));
    }

    @SuppressWarnings("unchecked") // the method of this name takes and answers what its descriptor says
    private static <Q, A> ServerCallHandler<Q, A> handler(
            ServerServiceDefinition service, MethodDescriptor<Q, A> method) {
        return ((ServerMethodDefinition<Q, A>) Objects.requireNonNull(service.getMethod(method.getFullMethodName())))
                .getServerCallHandler();
    }

    @Override
    public ServerCall.Listener<Q> startCall(ServerCall<Q, A> call, Metadata metadata) {
        String name = metadata.get(GROUP);
        if (name == null) {
            return handlers.get(0).startCall(call, metadata);
        }
        ServerCallHandler<Q, A> named = named(name);
        if (named != null) {
            return named.startCall(call, metadata);
        }
        call.close(
                Status.INVALID_ARGUMENT.withDescription("mandate: there is no group '" + name
                        + "': this store has the groups 0 to " + (handlers.size() - 1)
                        + ", and metadata mandate-group must name one of them or be left out for group 0"),
                new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private @Nullable ServerCallHandler<Q, A> named(String name) {
        if (!name.matches("0|[1-9][0-9]?")) {
            return null;
        }
        int group = Integer.parseInt(name);
        return group < handlers.size() ? handlers.get(group) : null;
    }
}

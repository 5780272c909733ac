package io.mandate.server.etcd.call;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.mandate.keyspace.api.Request.RequestId;
import io.mandate.server.etcd.GroupDispatch;
import io.mandate.server.raft.Replica;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Validates a call's metadata and puts its values into the gRPC context, where the services read them.
 *
 * <ul>
 *   <li>{@code hasleader: true} (etcd): the call fails while there is no leader, instead of waiting.
 *   <li>{@code mandate-request-id: LEASE/SEQUENCE}: apply this command once, however often it is sent; the lease, in
 *       hexadecimal, is the client session.
 *   <li>{@code mandate-lease-ttl-millis: N}: the time to live of a granted lease in milliseconds, instead of the
 *       request's seconds.
 *   <li>{@code mandate-hello: anything}: the response's metadata have {@code mandate-hello: mandate}, by which a client
 *       can tell this server from an etcd, and {@code mandate-groups: N}, the number of groups. (The call's group is
 *       read by {@link GroupDispatch}.)
 * </ul>
 */
public final class RequestMetadata implements ServerInterceptor {
    private static final Metadata.Key<String> HAS_LEADER = key("hasleader");
    private static final Metadata.Key<String> REQUEST_ID = key("mandate-request-id");
    private static final Metadata.Key<String> TTL_MILLIS = key("mandate-lease-ttl-millis");
    private static final Metadata.Key<String> HELLO = key("mandate-hello");
    private static final Metadata.Key<String> GROUPS = key("mandate-groups");
    private static final Pattern REQUEST_ID_FORM = Pattern.compile("([0-9a-f]{1,16})/([1-9][0-9]{0,17})");

    /** The shortest time to live: it must cover renewals at every third of it, and a failover of the store. */
    static final long TTL_MILLIS_MIN = 100;

    private static final Context.Key<Boolean> REQUIRES_LEADER = Context.key("requires-leader");
    private static final Context.Key<RequestId> ID = Context.key("request-id");
    private static final Context.Key<Long> TTL = Context.key("lease-ttl-millis");

    private final Replica replica;
    private final String groups;

    /**
     * Creates the interceptor.
     *
     * @param groups the number of groups in the store
     */
    public RequestMetadata(Replica replica, int groups) {
        this.replica = replica;
        this.groups = Integer.toString(groups);
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    static boolean requiresLeader() {
        return REQUIRES_LEADER.get() != null;
    }

    public static @Nullable RequestId requestId() {
        return ID.get();
    }

    public static OptionalLong leaseTtlMillis() {
        Long millis = TTL.get();
        return millis == null ? OptionalLong.empty() : OptionalLong.of(millis);
    }

    @Override
    public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
            ServerCall<ReqT, RespT> call, Metadata metadata, ServerCallHandler<ReqT, RespT> next) {
        Context context = Context.current();
        if ("true".equals(metadata.get(HAS_LEADER))) {
            if (!replica.status().hasLeader()) {
                return refuse(call, EtcdErrors.NO_LEADER);
            }
            context = context.withValue(REQUIRES_LEADER, true);
        }
        String requestId = metadata.get(REQUEST_ID);
        if (requestId != null) {
            Matcher form = REQUEST_ID_FORM.matcher(requestId);
            if (!form.matches()) {
                return refuse(
                        call,
                        Status.INVALID_ARGUMENT.withDescription("mandate: metadata mandate-request-id '" + requestId
                                + "' is not of the form LEASE/SEQUENCE: a lease id of up to 16 "
                                + "hexadecimal digits, and a number from 1"));
            }
            context = context.withValue(
                    ID, new RequestId(Long.parseUnsignedLong(form.group(1), 16), Long.parseLong(form.group(2))));
        }
        String ttlMillis = metadata.get(TTL_MILLIS);
        if (ttlMillis != null) {
            if (!ttlMillis.matches("[0-9]{1,13}") || Long.parseLong(ttlMillis) < TTL_MILLIS_MIN) {
                return refuse(
                        call,
                        Status.INVALID_ARGUMENT.withDescription("mandate: metadata mandate-lease-ttl-millis '"
                                + ttlMillis + "' is not a number of " + TTL_MILLIS_MIN + " or more"));
            }
            context = context.withValue(TTL, Long.parseLong(ttlMillis));
        }
        ServerCall<ReqT, RespT> identified = metadata.containsKey(HELLO) ? withMandateHeaders(call) : call;
        return context == Context.current()
                ? next.startCall(identified, metadata)
                : Contexts.interceptCall(context, identified, metadata, next);
    }

    private <ReqT, RespT> ServerCall<ReqT, RespT> withMandateHeaders(ServerCall<ReqT, RespT> call) {
        return new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendHeaders(Metadata headers) {
                headers.put(HELLO, "mandate");
                headers.put(GROUPS, groups);
                super.sendHeaders(headers);
            }
        };
    }

    private static <ReqT, RespT> ServerCall.Listener<ReqT> refuse(ServerCall<ReqT, RespT> call, Status status) {
        call.close(status, new Metadata());
        return new ServerCall.Listener<>() {};
    }
}

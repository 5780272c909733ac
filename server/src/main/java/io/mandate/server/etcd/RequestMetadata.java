package io.mandate.server.etcd;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.mandate.keyspace.Request.RequestId;
import io.mandate.server.raft.Replica;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a call's metadata ask for, and puts it where the services find it.
 *
 * <ul>
 *   <li>{@code hasleader: true} (etcd): the call wants to fail rather than wait while there is no leader.
 *   <li>{@code mandate-request-id: LEASE/SEQUENCE}: apply this command once however often it is sent; the lease in
 *       hexadecimal is the session.
 *   <li>{@code mandate-lease-ttl-millis: N}: the time to live of a granted lease in milliseconds, in place of the
 *       request's seconds.
 *   <li>{@code mandate-hello: anything}: the answer's metadata say so too, by which a client can tell that it does not
 *       talk to an etcd; and {@code mandate-groups: N} how many groups there are. (Which one is meant
 *       {@link GroupDispatch} has read.)
 * </ul>
 */
final class RequestMetadata implements ServerInterceptor {
    private static final Metadata.Key<String> HAS_LEADER = key("hasleader");
    private static final Metadata.Key<String> REQUEST_ID = key("mandate-request-id");
    private static final Metadata.Key<String> TTL_MILLIS = key("mandate-lease-ttl-millis");
    private static final Metadata.Key<String> HELLO = key("mandate-hello");
    private static final Metadata.Key<String> GROUPS = key("mandate-groups");
    private static final Pattern REQUEST_ID_FORM = Pattern.compile("([0-9a-f]{1,16})/([1-9][0-9]{0,17})");

    /** The shortest lease: renewals every third of it, and a fail-over of the store, must fit in. */
    static final long TTL_MILLIS_MIN = 100;

    private static final Context.Key<Boolean> REQUIRES_LEADER = Context.key("requires-leader");
    private static final Context.Key<RequestId> ID = Context.key("request-id");
    private static final Context.Key<Long> TTL = Context.key("lease-ttl-millis");

    private final Replica replica;
    private final String groups;

    /**
     * Prepares to read.
     *
     * @param groups how many there are in the store
     */
    RequestMetadata(Replica replica, int groups) {
        this.replica = replica;
        this.groups = Integer.toString(groups);
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    static boolean requiresLeader() {
        return REQUIRES_LEADER.get() != null;
    }

    static @Nullable RequestId requestId() {
        return ID.get();
    }

    static OptionalLong leaseTtlMillis() {
        Long millis = TTL.get();
        return millis == null ? OptionalLong.empty() : OptionalLong.of(millis);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
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
                        Status.INVALID_ARGUMENT.withDescription(
                                "mandate: metadata mandate-request-id '" + requestId
                                        + "' is not of the form LEASE/SEQUENCE: a lease id of up to 16 hexadecimal digits, and a number from 1"));
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
        ServerCall<Q, A> answered = metadata.containsKey(HELLO) ? greeting(call) : call;
        return context == Context.current()
                ? next.startCall(answered, metadata)
                : Contexts.interceptCall(context, answered, metadata, next);
    }

    private <Q, A> ServerCall<Q, A> greeting(ServerCall<Q, A> call) {
        return new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendHeaders(Metadata headers) {
                headers.put(HELLO, "mandate");
                headers.put(GROUPS, groups);
                super.sendHeaders(headers);
            }
        };
    }

    private static <Q, A> ServerCall.Listener<Q> refuse(ServerCall<Q, A> call, Status status) {
        call.close(status, new Metadata());
        return new ServerCall.Listener<>() {};
    }
}

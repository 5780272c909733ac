package io.mandate.cli.client;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.store.etcd.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Calls to a store through whichever of its endpoints can serve them. One thread at a time.
 *
 * <p>Who can be reached is not always able: a member that is cut off from the others accepts connections, and even says
 * how it is. So all requests, but reads of a member's own copy, ask for a leader (etcd's {@code hasleader}), and a
 * member that knows of none refuses at once; if none knows of one they are asked again until the time-out, for an
 * election is soon over.
 *
 * <ul>
 *   <li>A <b>read</b> is sent to one endpoint after the other, each in its share of the time that is left.
 *   <li>A <b>write</b> must not be sent twice: the first might be carried out late, upon what somebody else has written
 *       since. So a member is first asked to read, which shows whether it has a majority behind it now, and then gets
 *       the write and all the time that is left. Another gets it only if it surely was not carried out: never sent, or
 *       refused for want of a leader. Else the failure says that nobody knows.
 * </ul>
 */
public final class StoreClient implements AutoCloseable {
    /** Answers of any size the store is willing to give: gRPC's own default of 4 MiB would refuse large ranges. */
    private static final int RESPONSE_BYTES_MAX = Integer.MAX_VALUE;

    /** Between two rounds through all endpoints. */
    private static final long ROUND_PAUSE_MILLIS = 50;

    /** Between two rounds of somebody who waits for a store to come back. */
    private static final long WAIT_PAUSE_MILLIS_MAX = 1_000;

    /** etcdctl reads this key too to see whether a member is well. */
    private static final RangeRequest PROBE = RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("health"))
            .setCountOnly(true)
            .build();

    private final Map<String, ManagedChannel> channels = new LinkedHashMap<>();
    private final List<Member> members = new ArrayList<>();
    private final long timeoutNanos;

    /** Where the last request was answered. */
    private int current;

    /** One endpoint; its channel names the group. */
    record Member(String address, Channel channel) {}

    /** What a request is to its store. */
    private enum Kind {
        READ,
        LOCAL_READ,
        WRITE
    }

    /** In group 0. */
    public StoreClient(List<String> endpoints, Duration timeout) {
        this(Endpoint.parseAll(endpoints), timeout, 0);
    }

    /** @param group of a store with several; 0 is not named, for an etcd has no other */
    StoreClient(List<Endpoint> endpoints, Duration timeout, int group) {
        this.timeoutNanos = timeout.toNanos();
        for (Endpoint endpoint : endpoints) {
            ManagedChannel channel = endpoint.channelBuilder()
                    .maxInboundMessageSize(RESPONSE_BYTES_MAX)
                    .intercept(toGroup(group))
                    .build();
            channels.put(endpoint.hostAndPort(), channel);
            members.add(new Member(endpoint.hostAndPort(), channel));
        }
    }

    /** Has calls go to a group. */
    static ClientInterceptor toGroup(int group) {
        return attaching("mandate-group", group == 0 ? "" : Integer.toString(group));
    }

    /** Has members refuse what they cannot do for want of a leader, rather than wait for one. */
    static ClientInterceptor requiringLeader() {
        return attaching("hasleader", "true");
    }

    private static ClientInterceptor attaching(String name, String value) {
        Metadata metadata = new Metadata();
        if (!value.isEmpty()) {
            metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        }
        return MetadataUtils.newAttachHeadersInterceptor(metadata);
    }

    /** A channel to each endpoint, by its address. */
    public Map<String, ManagedChannel> channels() {
        return channels;
    }

    /** Asks what changes nothing, or the same however often it is asked. */
    <Q, A> A read(MethodDescriptor<Q, A> method, Q request) {
        return answered(method, request, Kind.READ, new Metadata());
    }

    /** As {@link #read}, of a member's own copy: it may be behind, and is there without a leader. */
    <Q, A> A readLocally(MethodDescriptor<Q, A> method, Q request) {
        return answered(method, request, Kind.LOCAL_READ, new Metadata());
    }

    /** Changes something, at most once. */
    <Q, A> A write(MethodDescriptor<Q, A> method, Q request) {
        return write(method, request, new Metadata());
    }

    /** As {@link #write(MethodDescriptor, Object)}, with something said beside the request. */
    <Q, A> A write(MethodDescriptor<Q, A> method, Q request, Metadata metadata) {
        return answered(method, request, Kind.WRITE, metadata);
    }

    private <Q, A> A answered(MethodDescriptor<Q, A> method, Q request, Kind kind, Metadata metadata) {
        long endNanos = System.nanoTime() + timeoutNanos;
        NoAnswerException heard = null;
        while (true) {
            try {
                return round(method, request, kind, metadata, endNanos);
            } catch (NoAnswerException none) {
                // The last round may be cut so short that nobody can say a thing: who has spoken before is quoted then.
                heard = none.isNobodyHeard() && heard != null ? heard : none;
                if (none.isNobodyThere()) {
                    throw none.asStatus();
                }
                if (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ROUND_PAUSE_MILLIS) >= endNanos) {
                    throw heard.asStatus();
                }
            }
            pause(ROUND_PAUSE_MILLIS);
        }
    }

    /**
     * Finds a member that has a majority behind it now, however long that takes.
     *
     * @param patient whether to wait also if nobody is there at all, rather than fail with what a request would
     * @param unable is told once why there is none yet, if so
     */
    Member awaitAble(boolean patient, Consumer<String> unable) {
        long firstEndNanos = System.nanoTime() + timeoutNanos;
        for (int rounds = 0; ; rounds++) {
            try {
                round(KVGrpc.getRangeMethod(), PROBE, Kind.READ, new Metadata(), System.nanoTime() + timeoutNanos);
                return members.get(current);
            } catch (NoAnswerException none) {
                boolean givenUp = none.isNobodyThere() || (none.isNobodyHeard() && System.nanoTime() >= firstEndNanos);
                if (!patient && givenUp) {
                    throw none.asStatus();
                }
                if (rounds == 0) {
                    unable.accept(none.reasons());
                }
            }
            pause(Math.min(ROUND_PAUSE_MILLIS << Math.min(rounds, 10), WAIT_PAUSE_MILLIS_MAX));
        }
    }

    /** Tries each endpoint once. */
    private <Q, A> A round(MethodDescriptor<Q, A> method, Q request, Kind kind, Metadata metadata, long endNanos)
            throws NoAnswerException {
        List<MemberFailure> failures = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            int index = (current + i) % members.size();
            Member member = members.get(index);
            long shareNanos = (endNanos - System.nanoTime()) / (members.size() - i);
            try {
                if (kind == Kind.WRITE && members.size() > 1) {
                    requireAble(member, shareNanos);
                }
                long patienceNanos = kind == Kind.WRITE ? endNanos - System.nanoTime() : shareNanos;
                A answer = call(member, method, request, kind, metadata, patienceNanos);
                current = index;
                return answer;
            } catch (MemberFailure failed) {
                failures.add(failed);
            }
        }
        throw new NoAnswerException(failures, TimeUnit.NANOSECONDS.toMillis(timeoutNanos));
    }

    private static void requireAble(Member member, long patienceNanos) throws MemberFailure {
        try {
            call(member, KVGrpc.getRangeMethod(), PROBE, Kind.READ, new Metadata(), patienceNanos);
        } catch (StatusRuntimeException refused) {
            // Who refuses to read is there, and has an answer to the request too.
        }
    }

    private static <Q, A> A call(
            Member member, MethodDescriptor<Q, A> method, Q request, Kind kind, Metadata metadata, long patienceNanos)
            throws MemberFailure {
        Channel channel =
                ClientInterceptors.intercept(member.channel(), MetadataUtils.newAttachHeadersInterceptor(metadata));
        SentMark sent = new SentMark();
        try {
            return ClientCalls.blockingUnaryCall(
                    kind == Kind.LOCAL_READ ? channel : ClientInterceptors.intercept(channel, requiringLeader()),
                    method,
                    CallOptions.DEFAULT
                            .withStreamTracerFactory(sent)
                            .withDeadlineAfter(Math.max(1, patienceNanos), TimeUnit.NANOSECONDS),
                    request);
        } catch (StatusRuntimeException failed) {
            MemberFailure failure = new MemberFailure(member.address(), failed.getStatus(), sent.isSet());
            if (kind == Kind.WRITE && failure.mayHaveHadEffect()) {
                throw failure.asUnknown();
            }
            if (failure.isAnswer()) {
                throw failed;
            }
            throw failure;
        }
    }

    private void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED.withDescription("interrupted").asRuntimeException();
        }
        // By itself a channel waits up to two minutes before it tries again to connect to who was away for long.
        channels.values().forEach(ManagedChannel::resetConnectBackoff);
    }

    @Override
    public void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
    }
}

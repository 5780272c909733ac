package io.mandate.cli.client;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.mandate.etcdapi.ClusterGrpc;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.store.etcd.Endpoint;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Calls to a store through the first of its endpoints that answers. One thread at a time. */
public final class StoreClient implements AutoCloseable {
    /** Answers of any size the store is willing to give: gRPC's own default of 4 MiB would refuse large ranges. */
    private static final int RESPONSE_BYTES_MAX = Integer.MAX_VALUE;

    private final Map<String, ManagedChannel> channels = new LinkedHashMap<>();
    private final Duration timeout;

    /** In group 0. */
    public StoreClient(List<String> endpoints, Duration timeout) {
        this(Endpoint.parseAll(endpoints), timeout, 0);
    }

    /** @param group of a store with several; 0 is not named, for an etcd has no other */
    StoreClient(List<Endpoint> endpoints, Duration timeout, int group) {
        this.timeout = timeout;
        for (Endpoint endpoint : endpoints) {
            channels.computeIfAbsent(endpoint.hostAndPort(), address -> open(endpoint, group));
        }
    }

    /** Has calls go to a group. */
    static ClientInterceptor toGroup(int group) {
        Metadata metadata = new Metadata();
        if (group != 0) {
            metadata.put(Metadata.Key.of("mandate-group", Metadata.ASCII_STRING_MARSHALLER), Integer.toString(group));
        }
        return MetadataUtils.newAttachHeadersInterceptor(metadata);
    }

    private static ManagedChannel open(Endpoint endpoint, int group) {
        return endpoint.channelBuilder()
                .maxInboundMessageSize(RESPONSE_BYTES_MAX)
                .intercept(new NamedEndpoint(endpoint.hostAndPort()), toGroup(group))
                .build();
    }

    public Map<String, ManagedChannel> channels() {
        return channels;
    }

    public KVGrpc.KVBlockingStub kv() {
        return bounded(KVGrpc.newBlockingStub(reachable()));
    }

    public LeaseGrpc.LeaseBlockingStub leases() {
        return bounded(LeaseGrpc.newBlockingStub(reachable()));
    }

    /** As {@link #leases}, granting with a time to live in milliseconds: Mandate's extension, which etcd ignores. */
    public LeaseGrpc.LeaseBlockingStub leasesWithTtlMillis(long ttlMillis) {
        Metadata metadata = new Metadata();
        metadata.put(
                Metadata.Key.of("mandate-lease-ttl-millis", Metadata.ASCII_STRING_MARSHALLER),
                Long.toString(ttlMillis));
        return leases().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    public LeaseGrpc.LeaseStub leaseStreams() {
        return LeaseGrpc.newStub(reachable());
    }

    public WatchGrpc.WatchStub watches() {
        return WatchGrpc.newStub(reachable());
    }

    public ClusterGrpc.ClusterBlockingStub cluster() {
        return bounded(ClusterGrpc.newBlockingStub(reachable()));
    }

    private <S extends AbstractStub<S>> S bounded(S stub) {
        return stub.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** The first endpoint that answers a status call, which every node can do without the others. */
    private ManagedChannel reachable() {
        if (channels.size() == 1) {
            return channels.values().iterator().next();
        }
        StringBuilder why = new StringBuilder();
        for (Map.Entry<String, ManagedChannel> endpoint : channels.entrySet()) {
            try {
                bounded(MaintenanceGrpc.newBlockingStub(endpoint.getValue()))
                        .status(StatusRequest.getDefaultInstance());
                return endpoint.getValue();
            } catch (StatusRuntimeException unreachable) {
                why.append(' ')
                        .append(endpoint.getKey())
                        .append(" (")
                        .append(unreachable.getStatus().getCode())
                        .append(')');
            }
        }
        throw Status.UNAVAILABLE
                .withDescription("no endpoint answers:" + why + "; " + NamedEndpoint.REMEDY)
                .asRuntimeException();
    }

    @Override
    public void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
    }
}

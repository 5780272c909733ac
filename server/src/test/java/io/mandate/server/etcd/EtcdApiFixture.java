package io.mandate.server.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.mandate.etcdapi.AuthGrpc;
import io.mandate.etcdapi.ClusterGrpc;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.server.etcd.call.EtcdApiOptions;
import io.mandate.server.lease.LeaseKeeper;
import io.mandate.server.loop.SharedEventLoop;
import io.mandate.server.watch.WatchHub;
import io.mandate.server.watch.WatchLimits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** The etcd API on {@link MemoryReplica}s, with clients in the same process. */
final class EtcdApiFixture implements AutoCloseable {
    static final int REQUEST_BYTES_MAX = 1 << 20;
    static final int OPERATIONS_MAX = 4;
    private static final long WAIT_SECONDS_MAX = 20;

    /** The replica of group 0. */
    final MemoryReplica replica;

    final List<MemoryReplica> replicas = new ArrayList<>();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    private final SharedEventLoop loop = SharedEventLoop.start("test-etcd-api");
    private final List<EtcdApi.Group> groups = new ArrayList<>();
    private final EtcdApi api;
    private final Server server;
    final ManagedChannel channel;

    EtcdApiFixture() {
        this(2L << 30);
    }

    EtcdApiFixture(long quotaBytes) {
        this(quotaBytes, WatchLimits.DEFAULT);
    }

    EtcdApiFixture(long quotaBytes, WatchLimits watchLimits) {
        this(1, quotaBytes, watchLimits);
    }

    static EtcdApiFixture withGroups(int groups) {
        return new EtcdApiFixture(groups, 2L << 30, WatchLimits.DEFAULT);
    }

    private EtcdApiFixture(int groupCount, long quotaBytes, WatchLimits watchLimits) {
        for (int group = 0; group < groupCount; group++) {
            MemoryReplica groupReplica = new MemoryReplica();
            WatchHub hub = new WatchHub(groupReplica::keyspace, watchLimits);
            groupReplica.addListener(hub);
            replicas.add(groupReplica);
            groups.add(new EtcdApi.Group(groupReplica, hub, new LeaseKeeper(groupReplica)));
        }
        replica = replicas.get(0);
        api = new EtcdApi(groups, new EtcdApiOptions(REQUEST_BYTES_MAX, OPERATIONS_MAX, quotaBytes, 300), scheduler);
        for (EtcdApi.Group group : groups) {
            group.hub().start(loop);
            group.keeper().start(loop);
        }
        replicas.forEach(MemoryReplica::start);
        String name = InProcessServerBuilder.generateName();
        InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
        api.services().forEach(builder::addService);
        try {
            server = builder.build().start();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
        channel = InProcessChannelBuilder.forName(name).build();
    }

    KVGrpc.KVBlockingStub kv() {
        return timed(KVGrpc.newBlockingStub(channel));
    }

    LeaseGrpc.LeaseBlockingStub lease() {
        return timed(LeaseGrpc.newBlockingStub(channel));
    }

    ClusterGrpc.ClusterBlockingStub cluster() {
        return timed(ClusterGrpc.newBlockingStub(channel));
    }

    MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
        return timed(MaintenanceGrpc.newBlockingStub(channel));
    }

    AuthGrpc.AuthBlockingStub auth() {
        return timed(AuthGrpc.newBlockingStub(channel));
    }

    private static <S extends AbstractStub<S>> S timed(S stub) {
        return stub.withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }

    static <S extends AbstractStub<S>> S with(S stub, String key, String value) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value);
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    static void assertRefused(ThrowingCallable call, Status.Code code, String text) {
        StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refusal).as("refusal %s", text).isNotNull();
        assertThat(refusal.getStatus().getDescription()).isEqualTo(text);
        assertThat(refusal.getStatus().getCode()).isEqualTo(code);
    }

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    static PutRequest put(String key, String value) {
        return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)).build();
    }

    static RangeRequest range(String key) {
        return RangeRequest.newBuilder().setKey(bytes(key)).build();
    }

    static RangeRequest range(String key, String end) {
        return range(key).toBuilder().setRangeEnd(bytes(end)).build();
    }

    static RequestOp operation(PutRequest put) {
        return RequestOp.newBuilder().setRequestPut(put).build();
    }

    static RequestOp operation(RangeRequest range) {
        return RequestOp.newBuilder().setRequestRange(range).build();
    }

    static RequestOp operation(DeleteRangeRequest delete) {
        return RequestOp.newBuilder().setRequestDeleteRange(delete).build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        api.close();
        for (EtcdApi.Group group : groups) {
            group.hub().close();
            group.keeper().close();
        }
        loop.close();
        scheduler.shutdownNow();
    }
}

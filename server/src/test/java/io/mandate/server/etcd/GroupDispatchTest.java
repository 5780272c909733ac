package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.assertRefused;
import static io.mandate.server.etcd.EtcdApiFixture.put;
import static io.mandate.server.etcd.EtcdApiFixture.range;
import static io.mandate.server.etcd.EtcdApiFixture.with;
import static io.mandate.server.etcd.WatchClient.watching;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.etcdapi.LeaseTimeToLiveRequest;
import io.mandate.etcdapi.WatchGrpc;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupDispatchTest {
    private static final String GROUP = "mandate-group";
    private static final long LEASE = 7;

    private final EtcdApiFixture api = EtcdApiFixture.withGroups(3);

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void aCallGoesToTheGroupInItsMetadataAndByDefaultToGroup0() {
        with(api.kv(), GROUP, "2").put(put("a", "of 2"));
        with(api.kv(), GROUP, "2").put(put("a", "of 2 again"));
        api.kv().put(put("a", "of 0"));
        assertThat(api.kv().range(range("a")).getHeader().getRevision()).isEqualTo(2);
        assertThat(with(api.kv(), GROUP, "0").range(range("a")).getKvs(0).getValue())
                .isEqualTo(EtcdApiFixture.bytes("of 0"));
        assertThat(with(api.kv(), GROUP, "1").range(range("a")).getKvsCount()).isZero();
        assertThat(with(api.kv(), GROUP, "2").range(range("a")).getHeader().getRevision())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "64", "-1", "01", "", "one", "99999999999"})
    void anUnknownGroupIsRefusedWithTheRangeOfGroups(String group) {
        assertRefused(
                () -> with(api.kv(), GROUP, group).range(range("a")),
                Status.Code.INVALID_ARGUMENT,
                "mandate: there is no group '" + group + "': this store has the groups 0 to 2,"
                        + " and metadata mandate-group must name one of them or be left out for group 0");
    }

    @Test
    void aWatchDeliversEventsOfItsGroupOnly() throws InterruptedException {
        WatchClient client = new WatchClient(with(WatchGrpc.newStub(api.channel), GROUP, "1"));
        client.created(watching("a"));
        api.kv().put(put("a", "of 0"));
        with(api.kv(), GROUP, "1").put(put("a", "of 1"));
        assertThat(client.next().getEvents(0).getKv().getValue()).isEqualTo(EtcdApiFixture.bytes("of 1"));
    }

    @Test
    void aLeaseBelongsToTheGroupItWasGrantedIn() throws Exception {
        LeaseGrantRequest grant =
                LeaseGrantRequest.newBuilder().setID(LEASE).setTTL(60).build();
        with(api.lease(), GROUP, "1").leaseGrant(grant);
        LeaseTimeToLiveRequest request =
                LeaseTimeToLiveRequest.newBuilder().setID(LEASE).build();
        assertThat(api.lease().leaseTimeToLive(request).getTTL()).isEqualTo(-1);
        assertThat(with(api.lease(), GROUP, "1").leaseTimeToLive(request).getGrantedTTL())
                .isEqualTo(60);
        assertThat(keepAliveTtl(with(LeaseGrpc.newStub(api.channel), GROUP, "1")))
                .isEqualTo(60);
        assertThat(keepAliveTtl(LeaseGrpc.newStub(api.channel))).isZero();
        assertRefused(
                () -> api.kv().put(put("a", "1").toBuilder().setLease(LEASE).build()),
                Status.Code.NOT_FOUND,
                "etcdserver: requested lease not found");
    }

    private static long keepAliveTtl(LeaseGrpc.LeaseStub stub) throws Exception {
        CompletableFuture<Long> ttlSeconds = new CompletableFuture<>();
        StreamObserver<LeaseKeepAliveRequest> requests = stub.leaseKeepAlive(new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse response) {
                ttlSeconds.complete(response.getTTL());
            }

            @Override
            public void onError(Throwable failure) {
                ttlSeconds.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
        });
        requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(LEASE).build());
        long ttl = ttlSeconds.get(20, TimeUnit.SECONDS);
        requests.onCompleted();
        return ttl;
    }

    @Test
    void theResponseToHelloHasTheNumberOfGroups() {
        AtomicReference<Metadata> headers = new AtomicReference<>();
        KVGrpc.KVBlockingStub stub = with(api.kv(), "mandate-hello", "x")
                .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()));
        stub.range(range("a"));
        assertThat(requireNonNull(headers.get())
                        .get(Metadata.Key.of("mandate-groups", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("3");
    }
}

package io.mandate.server.etcd;

import static io.mandate.server.etcd.Door.assertRefused;
import static io.mandate.server.etcd.Door.put;
import static io.mandate.server.etcd.Door.range;
import static io.mandate.server.etcd.Door.with;
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

    private final Door door = Door.ofGroups(3);

    @AfterEach
    void close() {
        door.close();
    }

    @Test
    void aCallGoesToTheGroupItNamesAndToGroup0IfItNamesNone() {
        with(door.kv(), GROUP, "2").put(put("a", "of 2"));
        with(door.kv(), GROUP, "2").put(put("a", "of 2 again"));
        door.kv().put(put("a", "of 0"));
        assertThat(door.kv().range(range("a")).getHeader().getRevision()).isEqualTo(2);
        assertThat(with(door.kv(), GROUP, "0").range(range("a")).getKvs(0).getValue())
                .isEqualTo(Door.bytes("of 0"));
        assertThat(with(door.kv(), GROUP, "1").range(range("a")).getKvsCount()).isZero();
        assertThat(with(door.kv(), GROUP, "2").range(range("a")).getHeader().getRevision())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "64", "-1", "01", "", "one", "99999999999"})
    void aGroupThatIsNotThereIsRefusedNamingThoseThatAre(String group) {
        assertRefused(
                () -> with(door.kv(), GROUP, group).range(range("a")),
                Status.Code.INVALID_ARGUMENT,
                "mandate: there is no group '" + group + "': this store has the groups 0 to 2,"
                        + " and metadata mandate-group must name one of them or be left out for group 0");
    }

    @Test
    void aWatchHearsOfItsOwnGroupOnly() throws InterruptedException {
        WatchClient client = new WatchClient(with(WatchGrpc.newStub(door.channel), GROUP, "1"));
        client.created(watching("a"));
        door.kv().put(put("a", "of 0"));
        with(door.kv(), GROUP, "1").put(put("a", "of 1"));
        assertThat(client.next().getEvents(0).getKv().getValue()).isEqualTo(Door.bytes("of 1"));
    }

    @Test
    void aLeaseBelongsToTheGroupItWasGrantedIn() throws Exception {
        LeaseGrantRequest grant =
                LeaseGrantRequest.newBuilder().setID(LEASE).setTTL(60).build();
        with(door.lease(), GROUP, "1").leaseGrant(grant);
        LeaseTimeToLiveRequest question =
                LeaseTimeToLiveRequest.newBuilder().setID(LEASE).build();
        assertThat(door.lease().leaseTimeToLive(question).getTTL()).isEqualTo(-1);
        assertThat(with(door.lease(), GROUP, "1").leaseTimeToLive(question).getGrantedTTL())
                .isEqualTo(60);
        assertThat(renewed(with(LeaseGrpc.newStub(door.channel), GROUP, "1"))).isEqualTo(60);
        assertThat(renewed(LeaseGrpc.newStub(door.channel))).isZero();
        assertRefused(
                () -> door.kv().put(put("a", "1").toBuilder().setLease(LEASE).build()),
                Status.Code.NOT_FOUND,
                "etcdserver: requested lease not found");
    }

    private static long renewed(LeaseGrpc.LeaseStub stub) throws Exception {
        CompletableFuture<LeaseKeepAliveResponse> answer = new CompletableFuture<>();
        StreamObserver<LeaseKeepAliveRequest> requests = stub.leaseKeepAlive(new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse response) {
                answer.complete(response);
            }

            @Override
            public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
        });
        requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(LEASE).build());
        long ttl = answer.get(20, TimeUnit.SECONDS).getTTL();
        requests.onCompleted();
        return ttl;
    }

    @Test
    void whoSaysHelloIsToldHowManyGroupsThereAre() {
        AtomicReference<Metadata> answered = new AtomicReference<>();
        KVGrpc.KVBlockingStub stub = with(door.kv(), "mandate-hello", "x")
                .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(answered, new AtomicReference<>()));
        stub.range(range("a"));
        assertThat(requireNonNull(answered.get())
                        .get(Metadata.Key.of("mandate-groups", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("3");
    }
}

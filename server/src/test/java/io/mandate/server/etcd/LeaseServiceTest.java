package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.assertRefused;
import static io.mandate.server.etcd.EtcdApiFixture.bytes;
import static io.mandate.server.etcd.EtcdApiFixture.put;
import static io.mandate.server.etcd.EtcdApiFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrantResponse;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.etcdapi.LeaseLeasesRequest;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.LeaseStatus;
import io.mandate.etcdapi.LeaseTimeToLiveRequest;
import io.mandate.etcdapi.LeaseTimeToLiveResponse;
import io.mandate.server.raft.ReplicationException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaseServiceTest {
    private final EtcdApiFixture api = new EtcdApiFixture();

    @AfterEach
    void close() {
        api.close();
    }

    private LeaseGrantResponse grant(long leaseId, long ttlSeconds) {
        return api.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder()
                        .setID(leaseId)
                        .setTTL(ttlSeconds)
                        .build());
    }

    private LeaseTimeToLiveResponse timeToLive(long leaseId) {
        return api.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(leaseId)
                        .setKeys(true)
                        .build());
    }

    @Test
    void aGrantWithoutAnIdGetsAPositiveOneAndAShortTtlIsRaisedToTheMinimum() {
        LeaseGrantResponse response = grant(0, -5);

        assertThat(response.getID()).isPositive();
        assertThat(response.getTTL()).isEqualTo(2);
    }

    @Test
    void anIdInUseAndATtlBeyondTheLimitAreRefused() {
        grant(7, 60);

        assertRefused(() -> grant(7, 60), Code.FAILED_PRECONDITION, "etcdserver: lease already exists");
        assertThat(grant(8, 9_000_000_000L).getTTL()).isEqualTo(9_000_000_000L);
        assertRefused(() -> grant(9, 9_000_000_001L), Code.OUT_OF_RANGE, "etcdserver: too large lease TTL");
    }

    @Test
    void aTtlInMillisecondsIsReadFromTheMetadataAndReturnedInSecondsRoundedUp() {
        LeaseGrantResponse response = EtcdApiFixture.with(api.lease(), "mandate-lease-ttl-millis", "90100")
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(7).setTTL(5).build());

        assertThat(response.getTTL()).isEqualTo(91);
        assertThat(api.replica.keyspace().lease(7))
                .hasValueSatisfying(lease -> assertThat(lease.ttlMillis()).isEqualTo(90_100));
    }

    @Test
    void aTtlInMillisecondsOutOfBoundsIsRefused() {
        for (String wrong : new String[] {"99", "0", "-1", "1s"}) {
            assertRefused(
                    () -> EtcdApiFixture.with(api.lease(), "mandate-lease-ttl-millis", wrong)
                            .leaseGrant(LeaseGrantRequest.getDefaultInstance()),
                    Code.INVALID_ARGUMENT,
                    "mandate: metadata mandate-lease-ttl-millis '" + wrong + "' is not a number of 100 or more");
        }
        assertRefused(
                () -> EtcdApiFixture.with(api.lease(), "mandate-lease-ttl-millis", "9000000001000")
                        .leaseGrant(LeaseGrantRequest.getDefaultInstance()),
                Code.OUT_OF_RANGE,
                "etcdserver: too large lease TTL");
    }

    @Test
    void aLeaseReportsItsTimeAndItsKeysAndRevokingItDeletesThem() {
        grant(7, 60);
        api.kv().put(put("b", "1").toBuilder().setLease(7).build());
        api.kv().put(put("a", "1").toBuilder().setLease(7).build());

        LeaseTimeToLiveResponse time = timeToLive(7);
        assertThat(time.getGrantedTTL()).isEqualTo(60);
        assertThat(time.getTTL()).isBetween(1L, 60L);
        assertThat(time.getKeysList()).containsExactly(bytes("a"), bytes("b"));

        LeaseRevokeRequest revoke = LeaseRevokeRequest.newBuilder().setID(7).build();
        assertThat(api.lease().leaseRevoke(revoke).getHeader().getRevision()).isEqualTo(4);
        assertThat(api.kv().range(range("a", "z")).getCount()).isZero();
        assertRefused(() -> api.lease().leaseRevoke(revoke), Code.NOT_FOUND, "etcdserver: requested lease not found");
    }

    @Test
    void aLeaseThatDoesNotExistHasATimeToLiveOfMinusOne() {
        LeaseTimeToLiveResponse time = timeToLive(7);

        assertThat(time.getID()).isEqualTo(7);
        assertThat(time.getTTL()).isEqualTo(-1);
        assertThat(time.getGrantedTTL()).isZero();
        assertThat(time.getKeysCount()).isZero();
    }

    @Test
    void leasesAreListedInTheOrderOfTheirGrants() {
        grant(9, 60);
        grant(-3, 30);
        grant(7, 90);

        assertThat(api.lease()
                        .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                        .getLeasesList())
                .extracting(LeaseStatus::getID)
                .containsExactly(9L, -3L, 7L);
    }

    @Test
    void renewalsAreAnsweredInOrderAndAMissingLeaseWithZero() throws Exception {
        grant(7, 60);
        grant(8, 30);
        KeepAlives responses = new KeepAlives();
        StreamObserver<LeaseKeepAliveRequest> requests =
                LeaseGrpc.newStub(api.channel).leaseKeepAlive(responses);

        // More than the limit of requests in flight: the rest is read as responses are sent.
        List<Long> requested = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            long leaseId = 7L + i % 3;
            requested.add(leaseId);
            requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(leaseId).build());
        }
        requests.onCompleted();

        assertThat(responses.end.get(20, TimeUnit.SECONDS)).isEqualTo(Status.OK);
        assertThat(responses.received).extracting(LeaseKeepAliveResponse::getID).isEqualTo(requested);
        assertThat(responses.received.subList(0, 3))
                .extracting(LeaseKeepAliveResponse::getTTL)
                .containsExactly(60L, 30L, 0L);
    }

    @Test
    void aRenewalWithoutProofOfLeadershipEndsTheStreamWithAnErrorThatClientsRetry() throws Exception {
        grant(7, 60);
        api.replica.failWith(Kind.LEADER_CHANGED);
        KeepAlives responses = new KeepAlives();
        LeaseGrpc.newStub(api.channel)
                .leaseKeepAlive(responses)
                .onNext(LeaseKeepAliveRequest.newBuilder().setID(7).build());

        Status end = responses.end.get(20, TimeUnit.SECONDS);
        assertThat(end.getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(responses.received).isEmpty();
    }

    /**
     * Otherwise their clients would renew on the wrong side of a partition until it is too late to switch to another
     * member.
     */
    @Test
    void renewalStreamsThatRequireALeaderFailWhenThereIsNone() throws Exception {
        KeepAlives requiring = new KeepAlives();
        KeepAlives indifferent = new KeepAlives();
        EtcdApiFixture.with(LeaseGrpc.newStub(api.channel), "hasleader", "true").leaseKeepAlive(requiring);
        LeaseGrpc.newStub(api.channel).leaseKeepAlive(indifferent);
        api.replica.leaderKnown(false);
        assertThat(requiring.end.get(20, TimeUnit.SECONDS))
                .extracting(Status::getDescription)
                .isEqualTo("etcdserver: no leader");
        assertThat(indifferent.end).isNotDone();
    }

    private static final class KeepAlives implements StreamObserver<LeaseKeepAliveResponse> {
        final List<LeaseKeepAliveResponse> received = new ArrayList<>();
        final CompletableFuture<Status> end = new CompletableFuture<>();

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            received.add(response);
        }

        @Override
        public void onError(Throwable failure) {
            end.complete(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }
    }
}

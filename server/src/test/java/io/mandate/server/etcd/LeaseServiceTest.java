package io.mandate.server.etcd;

import static io.mandate.server.etcd.Door.assertRefused;
import static io.mandate.server.etcd.Door.bytes;
import static io.mandate.server.etcd.Door.put;
import static io.mandate.server.etcd.Door.range;
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
    private final Door door = new Door();

    @AfterEach
    void close() {
        door.close();
    }

    private LeaseGrantResponse grant(long leaseId, long ttlSeconds) {
        return door.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder()
                        .setID(leaseId)
                        .setTTL(ttlSeconds)
                        .build());
    }

    private LeaseTimeToLiveResponse timeToLive(long leaseId) {
        return door.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(leaseId)
                        .setKeys(true)
                        .build());
    }

    @Test
    void aGrantWithoutAnIdGetsAPositiveOneAndAShortTtlTheShortest() {
        LeaseGrantResponse answer = grant(0, -5);

        assertThat(answer.getID()).isPositive();
        assertThat(answer.getTTL()).isEqualTo(2);
    }

    @Test
    void anIdThatIsTakenAndATtlBeyondTheBoundAreRefused() {
        grant(7, 60);

        assertRefused(() -> grant(7, 60), Code.FAILED_PRECONDITION, "etcdserver: lease already exists");
        assertThat(grant(8, 9_000_000_000L).getTTL()).isEqualTo(9_000_000_000L);
        assertRefused(() -> grant(9, 9_000_000_001L), Code.OUT_OF_RANGE, "etcdserver: too large lease TTL");
    }

    @Test
    void aTtlInMillisecondsIsTakenFromTheMetadataAndAnsweredInSecondsRoundedUp() {
        LeaseGrantResponse answer = Door.with(door.lease(), "mandate-lease-ttl-millis", "90100")
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(7).setTTL(5).build());

        assertThat(answer.getTTL()).isEqualTo(91);
        assertThat(door.replica.keyspace().lease(7))
                .hasValueSatisfying(lease -> assertThat(lease.ttlMillis()).isEqualTo(90_100));
    }

    @Test
    void aTtlInMillisecondsBeyondItsBoundsIsRefused() {
        for (String wrong : new String[] {"99", "0", "-1", "1s"}) {
            assertRefused(
                    () -> Door.with(door.lease(), "mandate-lease-ttl-millis", wrong)
                            .leaseGrant(LeaseGrantRequest.getDefaultInstance()),
                    Code.INVALID_ARGUMENT,
                    "mandate: metadata mandate-lease-ttl-millis '" + wrong + "' is not a number of 100 or more");
        }
        assertRefused(
                () -> Door.with(door.lease(), "mandate-lease-ttl-millis", "9000000001000")
                        .leaseGrant(LeaseGrantRequest.getDefaultInstance()),
                Code.OUT_OF_RANGE,
                "etcdserver: too large lease TTL");
    }

    @Test
    void aLeaseTellsItsTimeAndItsKeysAndTakesThemAlongWhenItIsRevoked() {
        grant(7, 60);
        door.kv().put(put("b", "1").toBuilder().setLease(7).build());
        door.kv().put(put("a", "1").toBuilder().setLease(7).build());

        LeaseTimeToLiveResponse time = timeToLive(7);
        assertThat(time.getGrantedTTL()).isEqualTo(60);
        assertThat(time.getTTL()).isBetween(1L, 60L);
        assertThat(time.getKeysList()).containsExactly(bytes("a"), bytes("b"));

        LeaseRevokeRequest revoke = LeaseRevokeRequest.newBuilder().setID(7).build();
        assertThat(door.lease().leaseRevoke(revoke).getHeader().getRevision()).isEqualTo(4);
        assertThat(door.kv().range(range("a", "z")).getCount()).isZero();
        assertRefused(() -> door.lease().leaseRevoke(revoke), Code.NOT_FOUND, "etcdserver: requested lease not found");
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

        assertThat(door.lease()
                        .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                        .getLeasesList())
                .extracting(LeaseStatus::getID)
                .containsExactly(9L, -3L, 7L);
    }

    @Test
    void renewalsAreAnsweredInTheOrderOfTheRequestsAndAMissingLeaseWithZero() throws Exception {
        grant(7, 60);
        grant(8, 30);
        KeepAlives answers = new KeepAlives();
        StreamObserver<LeaseKeepAliveRequest> requests =
                LeaseGrpc.newStub(door.channel).leaseKeepAlive(answers);

        // More than one stream may hold at once: the rest comes as answers leave.
        List<Long> asked = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            long leaseId = 7L + i % 3;
            asked.add(leaseId);
            requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(leaseId).build());
        }
        requests.onCompleted();

        assertThat(answers.end.get(20, TimeUnit.SECONDS)).isEqualTo(Status.OK);
        assertThat(answers.received).extracting(LeaseKeepAliveResponse::getID).isEqualTo(asked);
        assertThat(answers.received.subList(0, 3))
                .extracting(LeaseKeepAliveResponse::getTTL)
                .containsExactly(60L, 30L, 0L);
    }

    @Test
    void aRenewalThatCannotBeProvenEndsTheStreamWithAnErrorThatClientsRetry() throws Exception {
        grant(7, 60);
        door.replica.failWith(Kind.LEADER_CHANGED);
        KeepAlives answers = new KeepAlives();
        LeaseGrpc.newStub(door.channel)
                .leaseKeepAlive(answers)
                .onNext(LeaseKeepAliveRequest.newBuilder().setID(7).build());

        Status end = answers.end.get(20, TimeUnit.SECONDS);
        assertThat(end.getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(answers.received).isEmpty();
    }

    /**
     * Their clients would otherwise renew on the wrong side of a cut network until it is too late to turn elsewhere.
     */
    @Test
    void renewalStreamsThatNeedALeaderEndWhenThereIsNone() throws Exception {
        KeepAlives needing = new KeepAlives();
        KeepAlives content = new KeepAlives();
        Door.with(LeaseGrpc.newStub(door.channel), "hasleader", "true").leaseKeepAlive(needing);
        LeaseGrpc.newStub(door.channel).leaseKeepAlive(content);
        door.replica.leaderKnown(false);
        assertThat(needing.end.get(20, TimeUnit.SECONDS))
                .extracting(Status::getDescription)
                .isEqualTo("etcdserver: no leader");
        assertThat(content.end).isNotDone();
    }

    private static final class KeepAlives implements StreamObserver<LeaseKeepAliveResponse> {
        final List<LeaseKeepAliveResponse> received = new ArrayList<>();
        final CompletableFuture<Status> end = new CompletableFuture<>();

        @Override
        public void onNext(LeaseKeepAliveResponse answer) {
            received.add(answer);
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

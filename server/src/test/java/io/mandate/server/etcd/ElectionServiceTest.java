package io.mandate.server.etcd;

import static io.mandate.server.etcd.Door.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.LeaseTimeToLiveRequest;
import io.mandate.etcdapi.election.CampaignRequest;
import io.mandate.etcdapi.election.CampaignResponse;
import io.mandate.etcdapi.election.ElectionGrpc;
import io.mandate.etcdapi.election.LeaderKey;
import io.mandate.etcdapi.election.LeaderRequest;
import io.mandate.etcdapi.election.LeaderResponse;
import io.mandate.etcdapi.election.ProclaimRequest;
import io.mandate.etcdapi.election.ResignRequest;
import io.mandate.server.raft.ReplicationException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ElectionServiceTest {
    private static final int WAIT_SECONDS_MAX = 20;

    private final Door door = new Door();

    @AfterEach
    void close() {
        door.close();
    }

    private ElectionGrpc.ElectionBlockingStub election() {
        return ElectionGrpc.newBlockingStub(door.channel).withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private long lease(long id) {
        return door.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60).build())
                .getID();
    }

    private ListenableFuture<CampaignResponse> stand(long lease, String value) {
        return ElectionGrpc.newFutureStub(door.channel)
                .campaign(CampaignRequest.newBuilder()
                        .setName(bytes("e"))
                        .setLease(lease)
                        .setValue(bytes(value))
                        .build());
    }

    private static <T> T done(ListenableFuture<T> future) throws Exception {
        return future.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private String leader() {
        return election()
                .leader(LeaderRequest.newBuilder().setName(bytes("e")).build())
                .getKv()
                .getValue()
                .toStringUtf8();
    }

    private void resign(LeaderKey leader) {
        election().resign(ResignRequest.newBuilder().setLeader(leader).build());
    }

    /** Candidates whose keys are there. */
    private long candidates() {
        return door.kv().range(Door.range("e/", "e0")).getCount();
    }

    private void awaitCandidates(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (candidates() != count) {
            assertThat(System.nanoTime())
                    .as("time-out for %s candidates", count)
                    .isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void theOnlyCandidateLeadsByTheKeyThatEtcdsClientsWouldUse() throws Exception {
        CampaignResponse elected = done(stand(lease(0xAB), "one"));
        assertThat(elected.getLeader().getName()).isEqualTo(bytes("e"));
        assertThat(elected.getLeader().getKey()).isEqualTo(bytes("e/ab"));
        assertThat(elected.getLeader().getLease()).isEqualTo(0xAB);
        assertThat(elected.getLeader().getRev()).isEqualTo(elected.getHeader().getRevision());
        assertThat(leader()).isEqualTo("one");
    }

    @Test
    void negativeLeasesAreWrittenAsGoDoes() throws Exception {
        assertThat(done(stand(lease(-0xAB), "one")).getLeader().getKey()).isEqualTo(bytes("e/-ab"));
    }

    @Test
    void whoBringsNoLeaseIsGivenOneOfAMinute() throws Exception {
        LeaderKey leader = done(stand(0, "one")).getLeader();
        assertThat(door.lease()
                        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                .setID(leader.getLease())
                                .build())
                        .getGrantedTTL())
                .isEqualTo(60);
    }

    @Test
    void candidatesLeadInTheOrderTheyStood() throws Exception {
        LeaderKey first = done(stand(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = stand(lease(2), "second");
        awaitCandidates(2);
        ListenableFuture<CampaignResponse> third = stand(lease(3), "third");
        awaitCandidates(3);
        assertThat(second.isDone()).isFalse();

        resign(first);
        assertThat(done(second).getLeader().getKey()).isEqualTo(bytes("e/2"));
        assertThat(third.isDone()).isFalse();

        door.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(2).build());
        assertThat(done(third).getLeader().getKey()).isEqualTo(bytes("e/3"));
    }

    @Test
    void oneInTheMiddleMayGoWithoutMakingTheNextALeader() throws Exception {
        done(stand(lease(1), "first"));
        ListenableFuture<CampaignResponse> second = stand(lease(2), "second");
        awaitCandidates(2);
        ListenableFuture<CampaignResponse> third = stand(lease(3), "third");
        awaitCandidates(3);
        second.cancel(true);
        awaitCandidates(2);
        assertThat(leader()).isEqualTo("first");
        assertThat(third.isDone()).isFalse();
    }

    @Test
    void aCandidateWhoseLeaseEndsWhileItWaitsIsNotElected() throws Exception {
        LeaderKey first = done(stand(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = stand(lease(2), "second");
        awaitCandidates(2);
        door.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(2).build());
        resign(first);
        assertThat(second).failsWithin(Duration.ofSeconds(WAIT_SECONDS_MAX));
    }

    @Test
    void standingAgainKeepsThePlaceAndProclaimsTheNewValue() throws Exception {
        LeaderKey before = done(stand(lease(1), "one")).getLeader();
        LeaderKey again = done(stand(1, "one")).getLeader();
        assertThat(again).isEqualTo(before);
        assertThat(done(stand(1, "two")).getLeader()).isEqualTo(before);
        assertThat(leader()).isEqualTo("two");
    }

    /** A leader of the store that dies must not send those away who wait to lead something else. */
    @Test
    void waitingSurvivesATimeWithoutALeaderOfTheStore() throws Exception {
        LeaderKey first = done(stand(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = stand(lease(2), "second");
        awaitCandidates(2);
        int barriers = door.replica.barriers.get();
        door.replica.failBarriersWith(ReplicationException.Kind.LEADER_CHANGED);
        resign(first);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (door.replica.barriers.get() < barriers + 2) { // the first is refused, and the refusal is not final
            assertThat(System.nanoTime()).as("time-out for another try").isLessThan(deadline);
            assertThat(second.isDone()).isFalse();
            Thread.onSpinWait();
        }
        door.replica.failBarriersWith(null);
        assertThat(done(second).getLeader().getKey()).isEqualTo(bytes("e/2"));
    }

    @Test
    void aNodeThatStopsSendsThoseWhoWaitAway() throws Exception {
        LeaderKey first = done(stand(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = stand(lease(2), "second");
        awaitCandidates(2);
        door.replica.failBarriersWith(ReplicationException.Kind.STOPPED);
        resign(first);
        assertThat(second).failsWithin(Duration.ofSeconds(WAIT_SECONDS_MAX));
    }

    @Test
    void onlyTheLeaderProclaims() throws Exception {
        LeaderKey leader = done(stand(lease(1), "one")).getLeader();
        ProclaimRequest proclaim = ProclaimRequest.newBuilder()
                .setLeader(leader)
                .setValue(bytes("two"))
                .build();
        election().proclaim(proclaim);
        assertThat(leader()).isEqualTo("two");
        resign(leader);
        Door.assertRefused(() -> election().proclaim(proclaim), Status.Code.UNKNOWN, "election: not leader");
    }

    @Test
    void resigningWithAnOldKeyChangesNothing() throws Exception {
        LeaderKey before = done(stand(lease(1), "one")).getLeader();
        resign(before);
        done(stand(1, "again"));
        resign(before);
        assertThat(leader()).isEqualTo("again");
    }

    @Test
    void refusalsAreUnknownWithTheTextsThatJetcdComparesWith() {
        Door.assertRefused(this::leader, Status.Code.UNKNOWN, "election: no leader");
        Door.assertRefused(
                () -> election().resign(ResignRequest.getDefaultInstance()),
                Status.Code.UNKNOWN,
                "\"leader\" field must be provided");
        Door.assertRefused(
                () -> election().proclaim(ProclaimRequest.getDefaultInstance()),
                Status.Code.UNKNOWN,
                "\"leader\" field must be provided");
        Door.assertRefused(
                () -> election()
                        .campaign(CampaignRequest.newBuilder()
                                .setName(bytes("e"))
                                .setLease(404)
                                .build()),
                Status.Code.UNKNOWN,
                "etcdserver: requested lease not found");
    }

    @Test
    void candidatesCountAgainstTheQuota() {
        try (Door full = new Door(10)) {
            Door.assertRefused(
                    () -> ElectionGrpc.newBlockingStub(full.channel)
                            .campaign(CampaignRequest.newBuilder()
                                    .setName(bytes("e"))
                                    .build()),
                    Status.Code.UNKNOWN,
                    "etcdserver: mvcc: database space exceeded");
        }
    }

    /** As in etcd, which asks for the first key that begins with the name and a slash. */
    @Test
    void aNameIsAnsweredForByAnElectionWhoseNameContinuesIt() throws Exception {
        election()
                .campaign(CampaignRequest.newBuilder()
                        .setName(bytes("e/eu"))
                        .setLease(lease(1))
                        .setValue(bytes("of the one below"))
                        .build());
        assertThat(leader()).isEqualTo("of the one below");
        ListenableFuture<CampaignResponse> own = stand(lease(2), "own");
        awaitCandidates(2);
        assertThat(own.isDone()).isFalse();
        door.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(1).build());
        assertThat(done(own).getLeader().getKey()).isEqualTo(bytes("e/2"));
    }

    @Test
    void observersAreToldEveryLeaderAndEveryProclamation() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        Context.CancellableContext observing = Context.current().withCancellation();
        observing.run(() -> ElectionGrpc.newStub(door.channel)
                .observe(LeaderRequest.newBuilder().setName(bytes("e")).build(), into(told)));
        LeaderKey first = done(stand(lease(1), "first")).getLeader();
        assertThat(told.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("first");
        ListenableFuture<CampaignResponse> second = stand(lease(2), "second");
        awaitCandidates(2);
        election()
                .proclaim(ProclaimRequest.newBuilder()
                        .setLeader(first)
                        .setValue(bytes("first again"))
                        .build());
        assertThat(told.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("first again");
        resign(first);
        done(second);
        assertThat(told.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("second");
        observing.cancel(null);
    }

    @Test
    void observationsThatNeedALeaderEndWhenThereIsNone() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        Door.with(ElectionGrpc.newStub(door.channel), "hasleader", "true")
                .observe(LeaderRequest.newBuilder().setName(bytes("e")).build(), into(told));
        done(stand(lease(1), "first"));
        assertThat(told.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("first");
        door.replica.leaderKnown(false);
        assertThat(told.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("UNAVAILABLE: etcdserver: no leader");
    }

    /** What is told, and how it ends if not by the observer. */
    private static StreamObserver<LeaderResponse> into(BlockingQueue<String> told) {
        return new StreamObserver<>() {
            @Override
            public void onNext(LeaderResponse response) {
                told.add(response.getKv().getValue().toStringUtf8());
            }

            @Override
            public void onError(Throwable failure) {
                told.add(String.valueOf(failure.getMessage()));
            }

            @Override
            public void onCompleted() {}
        };
    }
}

package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.bytes;
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

    private final EtcdApiFixture api = new EtcdApiFixture();

    @AfterEach
    void close() {
        api.close();
    }

    private ElectionGrpc.ElectionBlockingStub election() {
        return ElectionGrpc.newBlockingStub(api.channel).withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private long lease(long id) {
        return api.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60).build())
                .getID();
    }

    private ListenableFuture<CampaignResponse> campaign(long lease, String value) {
        return ElectionGrpc.newFutureStub(api.channel)
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

    /** The number of candidates' keys. */
    private long candidates() {
        return api.kv().range(EtcdApiFixture.range("e/", "e0")).getCount();
    }

    private void awaitCandidates(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (candidates() != count) {
            assertThat(System.nanoTime())
                    .as("timeout waiting for %s candidates", count)
                    .isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void theOnlyCandidateLeadsWithTheKeyThatEtcdsClientsUse() throws Exception {
        CampaignResponse elected = done(campaign(lease(0xAB), "one"));
        assertThat(elected.getLeader().getName()).isEqualTo(bytes("e"));
        assertThat(elected.getLeader().getKey()).isEqualTo(bytes("e/ab"));
        assertThat(elected.getLeader().getLease()).isEqualTo(0xAB);
        assertThat(elected.getLeader().getRev()).isEqualTo(elected.getHeader().getRevision());
        assertThat(leader()).isEqualTo("one");
    }

    @Test
    void negativeLeaseIdsAreFormattedAsInGo() throws Exception {
        assertThat(done(campaign(lease(-0xAB), "one")).getLeader().getKey()).isEqualTo(bytes("e/-ab"));
    }

    @Test
    void aCandidateWithoutALeaseIsGrantedOneOfAMinute() throws Exception {
        LeaderKey leader = done(campaign(0, "one")).getLeader();
        assertThat(api.lease()
                        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                .setID(leader.getLease())
                                .build())
                        .getGrantedTTL())
                .isEqualTo(60);
    }

    @Test
    void candidatesLeadInTheOrderOfTheirKeysCreation() throws Exception {
        LeaderKey first = done(campaign(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = campaign(lease(2), "second");
        awaitCandidates(2);
        ListenableFuture<CampaignResponse> third = campaign(lease(3), "third");
        awaitCandidates(3);
        assertThat(second.isDone()).isFalse();

        resign(first);
        assertThat(done(second).getLeader().getKey()).isEqualTo(bytes("e/2"));
        assertThat(third.isDone()).isFalse();

        api.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(2).build());
        assertThat(done(third).getLeader().getKey()).isEqualTo(bytes("e/3"));
    }

    @Test
    void aCandidateInTheMiddleOfTheQueueCanLeaveWithoutMakingTheNextOneLeader() throws Exception {
        done(campaign(lease(1), "first"));
        ListenableFuture<CampaignResponse> second = campaign(lease(2), "second");
        awaitCandidates(2);
        ListenableFuture<CampaignResponse> third = campaign(lease(3), "third");
        awaitCandidates(3);
        second.cancel(true);
        awaitCandidates(2);
        assertThat(leader()).isEqualTo("first");
        assertThat(third.isDone()).isFalse();
    }

    @Test
    void aCandidateWhoseLeaseEndsWhileItWaitsIsNotElected() throws Exception {
        LeaderKey first = done(campaign(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = campaign(lease(2), "second");
        awaitCandidates(2);
        api.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(2).build());
        resign(first);
        assertThat(second).failsWithin(Duration.ofSeconds(WAIT_SECONDS_MAX));
    }

    @Test
    void campaigningAgainKeepsThePositionAndProclaimsTheNewValue() throws Exception {
        LeaderKey earlier = done(campaign(lease(1), "one")).getLeader();
        LeaderKey repeated = done(campaign(1, "one")).getLeader();
        assertThat(repeated).isEqualTo(earlier);
        assertThat(done(campaign(1, "two")).getLeader()).isEqualTo(earlier);
        assertThat(leader()).isEqualTo("two");
    }

    /** The death of the store's leader must not fail the calls that wait in other elections. */
    @Test
    void aWaitingCandidateSurvivesAPeriodWithoutALeaderOfTheStore() throws Exception {
        LeaderKey first = done(campaign(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = campaign(lease(2), "second");
        awaitCandidates(2);
        int barriers = api.replica.barriers.get();
        api.replica.failBarriersWith(ReplicationException.Kind.LEADER_CHANGED);
        resign(first);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (api.replica.barriers.get() < barriers + 2) { // a failed first attempt is not final
            assertThat(System.nanoTime())
                    .as("timeout waiting for another attempt")
                    .isLessThan(deadline);
            assertThat(second.isDone()).isFalse();
            Thread.onSpinWait();
        }
        api.replica.failBarriersWith(null);
        assertThat(done(second).getLeader().getKey()).isEqualTo(bytes("e/2"));
    }

    @Test
    void waitingCandidatesFailWhenTheNodeStops() throws Exception {
        LeaderKey first = done(campaign(lease(1), "first")).getLeader();
        ListenableFuture<CampaignResponse> second = campaign(lease(2), "second");
        awaitCandidates(2);
        api.replica.failBarriersWith(ReplicationException.Kind.STOPPED);
        resign(first);
        assertThat(second).failsWithin(Duration.ofSeconds(WAIT_SECONDS_MAX));
    }

    @Test
    void onlyTheLeaderCanProclaim() throws Exception {
        LeaderKey leader = done(campaign(lease(1), "one")).getLeader();
        ProclaimRequest proclaim = ProclaimRequest.newBuilder()
                .setLeader(leader)
                .setValue(bytes("two"))
                .build();
        election().proclaim(proclaim);
        assertThat(leader()).isEqualTo("two");
        resign(leader);
        EtcdApiFixture.assertRefused(() -> election().proclaim(proclaim), Status.Code.UNKNOWN, "election: not leader");
    }

    @Test
    void resigningWithAnEarlierKeyHasNoEffect() throws Exception {
        LeaderKey earlier = done(campaign(lease(1), "one")).getLeader();
        resign(earlier);
        done(campaign(1, "again"));
        resign(earlier);
        assertThat(leader()).isEqualTo("again");
    }

    @Test
    void refusalsAreUnknownWithTheTextsThatJetcdMatchesOn() {
        EtcdApiFixture.assertRefused(this::leader, Status.Code.UNKNOWN, "election: no leader");
        EtcdApiFixture.assertRefused(
                () -> election().resign(ResignRequest.getDefaultInstance()),
                Status.Code.UNKNOWN,
                "\"leader\" field must be provided");
        EtcdApiFixture.assertRefused(
                () -> election().proclaim(ProclaimRequest.getDefaultInstance()),
                Status.Code.UNKNOWN,
                "\"leader\" field must be provided");
        EtcdApiFixture.assertRefused(
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
        try (EtcdApiFixture full = new EtcdApiFixture(10)) {
            EtcdApiFixture.assertRefused(
                    () -> ElectionGrpc.newBlockingStub(full.channel)
                            .campaign(CampaignRequest.newBuilder()
                                    .setName(bytes("e"))
                                    .build()),
                    Status.Code.UNKNOWN,
                    "etcdserver: mvcc: database space exceeded");
        }
    }

    /** As in etcd, which reads the first key that begins with the name and a slash. */
    @Test
    void anElectionSharesTheCandidatesOfElectionsBelowItsName() throws Exception {
        election()
                .campaign(CampaignRequest.newBuilder()
                        .setName(bytes("e/eu"))
                        .setLease(lease(1))
                        .setValue(bytes("of the election below"))
                        .build());
        assertThat(leader()).isEqualTo("of the election below");
        ListenableFuture<CampaignResponse> own = campaign(lease(2), "own");
        awaitCandidates(2);
        assertThat(own.isDone()).isFalse();
        api.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(1).build());
        assertThat(done(own).getLeader().getKey()).isEqualTo(bytes("e/2"));
    }

    @Test
    void observersReceiveEveryLeaderAndEveryProclamation() throws Exception {
        BlockingQueue<String> observed = new LinkedBlockingQueue<>();
        Context.CancellableContext observing = Context.current().withCancellation();
        observing.run(() -> ElectionGrpc.newStub(api.channel)
                .observe(LeaderRequest.newBuilder().setName(bytes("e")).build(), recordInto(observed)));
        LeaderKey first = done(campaign(lease(1), "first")).getLeader();
        assertThat(observed.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("first");
        ListenableFuture<CampaignResponse> second = campaign(lease(2), "second");
        awaitCandidates(2);
        election()
                .proclaim(ProclaimRequest.newBuilder()
                        .setLeader(first)
                        .setValue(bytes("first again"))
                        .build());
        assertThat(observed.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("first again");
        resign(first);
        done(second);
        assertThat(observed.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("second");
        observing.cancel(null);
    }

    @Test
    void observationsThatRequireALeaderFailWhenThereIsNone() throws Exception {
        BlockingQueue<String> observed = new LinkedBlockingQueue<>();
        EtcdApiFixture.with(ElectionGrpc.newStub(api.channel), "hasleader", "true")
                .observe(LeaderRequest.newBuilder().setName(bytes("e")).build(), recordInto(observed));
        done(campaign(lease(1), "first"));
        assertThat(observed.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("first");
        api.replica.leaderKnown(false);
        assertThat(observed.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("UNAVAILABLE: etcdserver: no leader");
    }

    /** Records the leaders' values, and the error that ends the stream. */
    private static StreamObserver<LeaderResponse> recordInto(BlockingQueue<String> observed) {
        return new StreamObserver<>() {
            @Override
            public void onNext(LeaderResponse response) {
                observed.add(response.getKv().getValue().toStringUtf8());
            }

            @Override
            public void onError(Throwable failure) {
                observed.add(String.valueOf(failure.getMessage()));
            }

            @Override
            public void onCompleted() {}
        };
    }
}

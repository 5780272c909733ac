package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.lease.FakeReplica.HeldCall;
import io.mandate.server.lease.FakeReplica.HeldProposal;
import io.mandate.server.loop.SharedEventLoop;
import io.mandate.server.raft.Replica.LeaderCall;
import io.mandate.server.raft.ReplicationException;
import io.mandate.server.raft.ReplicationException.Kind;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeaseKeeperTest {
    private static final long MILLI = 1_000_000;

    private long nowNanos = 77;
    private final FakeReplica replica = new FakeReplica();
    private final LeaseKeeper keeper = new LeaseKeeper(replica, () -> nowNanos);

    private void runOnce() {
        keeper.runOnce();
        keeper.sleepNanos();
    }

    /** Advances the time, with a run every 10 ms. */
    private void elapse(long millis) {
        for (long i = 0; i < millis; i += 10) {
            nowNanos += Math.min(10, millis - i) * MILLI;
            runOnce();
        }
    }

    private void lead() {
        replica.gainLeadership(1);
        runOnce();
    }

    private void leadWith(long leaseId, long ttlMillis) {
        lead();
        replica.grant(leaseId, ttlMillis);
        runOnce();
    }

    private static void assertFailed(CompletableFuture<LeaseTime> response, Kind kind) {
        assertThat(response).isCompletedExceptionally();
        assertThatThrownBy(response::join)
                .cause()
                .isInstanceOfSatisfying(
                        ReplicationException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(kind));
    }

    @Test
    void aRenewalIsAcknowledgedOnlyAfterAProofThatStartedAfterItArrived() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> first = keeper.renew(1);
        runOnce();
        CompletableFuture<LeaseTime> second = keeper.renew(1);
        runOnce();
        assertThat(first).isNotDone();
        replica.proofs.remove().complete(1L);
        runOnce();
        assertThat(first).isCompletedWithValue(new LeaseTime(1_000, 1_000));
        assertThat(second)
                .as("the completed proof started before the renewal arrived")
                .isNotDone();
        replica.proveAll();
        runOnce();
        assertThat(second).isCompletedWithValue(new LeaseTime(1_000, 1_000));
    }

    @Test
    void aDeposedLeaderAcknowledgesNothingAndFailsTheRequestInTheEnd() {
        leadWith(1, 100_000);
        CompletableFuture<LeaseTime> response = keeper.renew(1);
        for (int i = 0; i < 99; i++) {
            elapse(10);
            replica.failProofs(Kind.NOT_LEADER);
            assertThat(response).isNotDone();
        }
        for (int i = 0; i < 12; i++) {
            elapse(10);
            replica.failProofs(Kind.NOT_LEADER);
        }
        runOnce();
        assertFailed(response, Kind.LEADER_CHANGED);
    }

    @Test
    void aRenewalIsRetriedOnTheNextLeader() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> response = keeper.renew(1);
        runOnce();
        replica.failProofs(Kind.NOT_LEADER);
        replica.loseLeadership();
        runOnce();
        assertThat(replica.calls).as("the retry is delayed").isEmpty();
        elapse(60);
        replica.calls.remove().response().completeExceptionally(new ReplicationException(Kind.NO_LEADER, "none yet"));
        runOnce();
        elapse(60);
        replica.calls
                .remove()
                .response()
                .complete(LeaseTimesCodec.encodeResponse(List.of(new LeaseTime(1_000, 1_000))));
        runOnce();
        assertThat(response).isCompletedWithValue(new LeaseTime(1_000, 1_000));
    }

    @Test
    void aLeaseThatTheKeyspaceHasDeletedIsNotFoundBeforeTheListenerIsNotified() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> response = keeper.renew(1);
        runOnce();
        replica.keyspace.apply(2, 1, Request.of(new Command.LeaseRevoke(1)));
        replica.proveAll();
        runOnce();
        assertThat(response).isCompletedWithValue(LeaseTime.NOT_FOUND);
    }

    @Test
    void lossOfLeadershipAfterTheProofIsNotReportedAsLeaseNotFound() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> response = keeper.renew(1);
        runOnce();
        replica.loseLeadership();
        replica.proveAll();
        runOnce();
        assertThat(response).isNotDone();
        elapse(60);
        assertThat(replica.calls.element().leaseIds())
                .as("sent to the next leader")
                .containsExactly(1L);
    }

    @Test
    void anUnknownLeaseIsNotFound() {
        lead();
        CompletableFuture<LeaseTime> renewal = keeper.renew(5);
        CompletableFuture<LeaseTime> request = keeper.timeToLive(5);
        runOnce();
        replica.proveAll();
        runOnce();
        assertThat(renewal).isCompletedWithValue(LeaseTime.NOT_FOUND);
        assertThat(request).isCompletedWithValue(LeaseTime.NOT_FOUND);
    }

    @Test
    void aLeaseInTheKeyspaceIsFoundBeforeTheListenerIsNotified() {
        lead();
        CompletableFuture<LeaseTime> renewal = keeper.renew(5);
        runOnce();
        replica.keyspace.apply(1, 1, Request.of(new Command.LeaseGrant(5, 700)));
        replica.proveAll();
        runOnce();
        assertThat(renewal).isCompletedWithValue(new LeaseTime(700, 700));
    }

    @Test
    void aQueryOfTheRemainingTimeDoesNotRenew() {
        leadWith(1, 1_000);
        elapse(400);
        CompletableFuture<LeaseTime> response = keeper.timeToLive(1);
        runOnce();
        replica.proveAll();
        runOnce();
        assertThat(response).isCompletedWithValue(new LeaseTime(600, 1_000));
    }

    @Test
    void aFollowerSendsAllWaitingRequestsOfAKindInOneMessage() {
        List<CompletableFuture<LeaseTime>> answers = List.of(keeper.renew(1), keeper.renew(2), keeper.renew(3));
        CompletableFuture<LeaseTime> request = keeper.timeToLive(9);
        runOnce();
        assertThat(replica.calls)
                .extracting(HeldCall::kind)
                .containsExactly(LeaderCall.RENEW_LEASES, LeaderCall.LEASE_TIME_TO_LIVE);
        HeldCall renewals = replica.calls.remove();
        assertThat(renewals.leaseIds()).containsExactly(1L, 2L, 3L);
        LeaseTime time = new LeaseTime(5, 6);
        renewals.response().complete(LeaseTimesCodec.encodeResponse(List.of(time, LeaseTime.NOT_FOUND, time)));
        for (int i = 0; i < 25; i++) {
            replica.calls.forEach(
                    call -> call.response().completeExceptionally(new ReplicationException(Kind.NO_LEADER, "none")));
            replica.calls.clear();
            elapse(50);
        }
        assertThat(answers.get(0)).isCompletedWithValue(time);
        assertThat(answers.get(1)).isCompletedWithValue(LeaseTime.NOT_FOUND);
        assertThat(answers.get(2)).isCompletedWithValue(time);
        assertFailed(request, Kind.NO_LEADER);
    }

    @Test
    void aResponseOfTheWrongLengthFailsOnlyTheRequestsOfItsMessage() {
        CompletableFuture<LeaseTime> response = keeper.renew(1);
        runOnce();
        replica.calls.remove().response().complete(new byte[3]);
        runOnce();
        assertThat(response).isCompletedExceptionally();
        CompletableFuture<LeaseTime> next = keeper.renew(1);
        runOnce();
        replica.calls.remove().response().complete(LeaseTimesCodec.encodeResponse(List.of(LeaseTime.NOT_FOUND)));
        runOnce();
        assertThat(next).isCompletedWithValue(LeaseTime.NOT_FOUND);
    }

    @Test
    void theLeaderAnswersPeersAndAFollowerDoesNotForwardTheirRequests() {
        leadWith(1, 1_000);
        byte[] request = LeaseTimesCodec.encodeRequest(List.of(1L, 2L));
        CompletableFuture<byte[]> response = replica.callHandler(LeaderCall.RENEW_LEASES, request);
        runOnce();
        replica.proveAll();
        runOnce();
        assertThat(LeaseTimesCodec.decodeResponse(response.join(), 2))
                .containsExactly(new LeaseTime(1_000, 1_000), LeaseTime.NOT_FOUND);
        replica.loseLeadership();
        runOnce();
        CompletableFuture<byte[]> refused = replica.callHandler(LeaderCall.RENEW_LEASES, request);
        runOnce();
        assertThat(refused).isCompletedExceptionally();
        assertThat(replica.calls).isEmpty();
    }

    @Test
    void aLeaseExpiresOnlyAfterAProofThatStartedWhenItWasDue() {
        leadWith(1, 100);
        elapse(90);
        assertThat(replica.proofs).isEmpty();
        elapse(10);
        assertThat(replica.proofs).hasSize(1);
        assertThat(replica.proposals).isEmpty();
        replica.proveAll();
        runOnce();
        assertThat(replica.proposals.element().expiry())
                .isEqualTo(new Command.LeaseExpire(1, List.of(new Command.Expiry(1, 1))));
        replica.applyProposal();
        runOnce();
        assertThat(replica.keyspace.lease(1)).isEmpty();
    }

    @Test
    void aLeaderWithoutProofExpiresNothingAndDoesNotSpin() {
        leadWith(1, 100);
        elapse(100);
        for (int i = 0; i < 20; i++) {
            replica.failProofs(Kind.NOT_LEADER);
            runOnce();
        }
        assertThat(replica.proofs).as("a pause between attempts").isEmpty();
        assertThat(replica.proposals).isEmpty();
        elapse(200);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void expiryIsDeferredWhileARenewalOfTheLeaseWaits() {
        leadWith(1, 100);
        elapse(100);
        CompletableFuture<LeaseTime> renewal = keeper.renew(1);
        runOnce();
        replica.proofs.remove().complete(1L); // the proof for expiry
        runOnce();
        assertThat(replica.proposals).isEmpty();
        replica.proveAll();
        runOnce();
        assertThat(renewal).isCompletedWithValue(new LeaseTime(100, 100));
        replica.proveAll();
        runOnce();
        assertThat(replica.proposals).isEmpty();
    }

    private HeldProposal expireLeaseOne() {
        elapse(100);
        replica.proveAll();
        runOnce();
        return replica.proposals.element();
    }

    private CompletableFuture<LeaseTime> renewWithProof() {
        CompletableFuture<LeaseTime> renewal = keeper.renew(1);
        runOnce();
        replica.proveAll();
        runOnce();
        return renewal;
    }

    @Test
    void aRenewalThatRacesWithExpiryWaitsForItsOutcome() {
        leadWith(1, 100);
        expireLeaseOne();
        CompletableFuture<LeaseTime> renewal = renewWithProof();
        assertThat(renewal).isNotDone();
        replica.applyProposal();
        runOnce();
        assertThat(renewal).isCompletedWithValue(LeaseTime.NOT_FOUND);
    }

    @Test
    void aRefusedExpiryReinstatesTheLeaseAndRetriesTheWaitingRenewals() {
        leadWith(1, 100);
        HeldProposal proposal = expireLeaseOne();
        CompletableFuture<LeaseTime> renewal = renewWithProof();
        replica.proposals.clear();
        proposal.outcome().complete(new Outcome.Refused(1, Outcome.Refused.Reason.STALE_TERM));
        runOnce();
        assertThat(renewal).isNotDone();
        replica.proveAll();
        runOnce();
        assertThat(renewal).isCompletedWithValue(new LeaseTime(100, 100));
        expireLeaseOne();
    }

    @Test
    void noRenewalIsAcknowledgedWhileTheOutcomeOfAnExpiryIsUnknown() {
        leadWith(1, 100);
        HeldProposal lost = expireLeaseOne();
        CompletableFuture<LeaseTime> early = renewWithProof();
        replica.proposals.clear();
        lost.outcome().completeExceptionally(new ReplicationException(Kind.TIMED_OUT, "lost"));
        runOnce();
        assertThat(early).isNotDone();
        CompletableFuture<LeaseTime> late = renewWithProof();
        assertThat(late).isNotDone();
        elapse(200);
        assertThat(replica.proposals).as("proposed again").hasSize(1);
        assertThat(replica.proposals.element().expiry()).isEqualTo(lost.expiry());
        replica.apply(lost.expiry()); // the lost one is applied late
        runOnce();
        assertThat(early).isCompletedWithValue(LeaseTime.NOT_FOUND);
        assertThat(late).isCompletedWithValue(LeaseTime.NOT_FOUND);
        replica.applyProposal();
        runOnce();
    }

    @Test
    void theOutcomeOfAnExpiryStaysUnknownWhenItsRetryWasNotSent() {
        leadWith(1, 100);
        HeldProposal lost = expireLeaseOne();
        replica.proposals.clear();
        lost.outcome().completeExceptionally(new ReplicationException(Kind.TIMED_OUT, "lost"));
        runOnce();
        elapse(200);
        replica.proposals
                .remove()
                .outcome()
                .completeExceptionally(new ReplicationException(Kind.TOO_MANY_REQUESTS, "not sent"));
        runOnce();
        assertThat(renewWithProof()).isNotDone();
        elapse(200);
        assertThat(replica.proposals).as("proposed again").hasSize(1);
    }

    @Test
    void aProofFromBeforeASuspensionExpiresNothing() {
        leadWith(1, 100);
        elapse(100);
        assertThat(replica.proofs).hasSize(1);
        nowNanos += 60_000 * MILLI;
        replica.proveAll();
        runOnce();
        assertThat(replica.proposals).isEmpty();
        elapse(500);
        assertThat(replica.proofs).as("a new proof, after the grace period").hasSize(1);
        replica.proveAll();
        runOnce();
        assertThat(replica.proposals).hasSize(1);
    }

    @Test
    void theOutcomeOfAnExpiryOfAnEarlierTermIsIgnored() {
        leadWith(1, 100);
        HeldProposal old = expireLeaseOne();
        replica.proposals.clear();
        replica.loseLeadership();
        replica.gainLeadership(3);
        runOnce();
        expireLeaseOne();
        old.outcome().completeExceptionally(new ReplicationException(Kind.TOO_MANY_REQUESTS, "late"));
        runOnce();
        CompletableFuture<LeaseTime> renewal = renewWithProof();
        assertThat(renewal).as("the expiry of term 3 is in flight").isNotDone();
        replica.applyProposal();
        runOnce();
        assertThat(renewal).isCompletedWithValue(LeaseTime.NOT_FOUND);
    }

    @Test
    void massExpiryUsesBoundedCommandsWithABoundedNumberInFlight() {
        lead();
        for (int i = 1; i <= 5_000; i++) {
            replica.grant(i, 100);
        }
        runOnce();
        elapse(100);
        replica.proveAll();
        runOnce();
        assertThat(replica.proposals)
                .hasSize(LeaseExpiries.COMMANDS_MAX)
                .allMatch(proposal -> proposal.expiry().expiries().size() == LeaseExpiries.LEASES_PER_COMMAND_MAX);
        for (int i = 0; i < 20; i++) {
            while (!replica.proposals.isEmpty()) {
                replica.applyProposal();
            }
            runOnce();
            replica.proveAll();
            runOnce();
        }
        assertThat(replica.keyspace.leases()).isEmpty();
    }

    @Test
    void anExpiryCommandDeletesABoundedNumberOfKeys() {
        lead();
        for (int lease = 1; lease <= 4; lease++) {
            replica.grant(lease, 100 + lease);
            for (int key = 0; key < LeaseExpiries.KEYS_PER_COMMAND_MAX / 2; key++) {
                Bytes name = Bytes.utf8(lease + "/" + key);
                replica.apply(new TxnOperation.Put(name, Bytes.EMPTY, lease, false, false, false));
            }
        }
        runOnce();
        elapse(110);
        replica.proveAll();
        runOnce();
        assertThat(replica.proposals)
                .extracting(proposal -> proposal.expiry().expiries().size())
                .containsExactly(2, 2);
    }

    @Test
    void theKeeperBacksOffWhileAnAlarmRefusesExpiry() {
        leadWith(1, 100);
        replica.apply(new Command.SetAlarm(new Alarm(1, Alarm.Kind.CORRUPT), true));
        int refusals = 0;
        for (int i = 0; i < 100; i++) {
            elapse(10);
            replica.proveAll();
            runOnce();
            for (; !replica.proposals.isEmpty(); refusals++) {
                replica.applyProposal();
                runOnce();
            }
        }
        assertThat(refusals).isBetween(2, 10);
        replica.apply(new Command.SetAlarm(new Alarm(1, Alarm.Kind.CORRUPT), false));
        elapse(200);
        replica.proveAll();
        runOnce();
        replica.applyProposal();
        assertThat(replica.keyspace.lease(1)).isEmpty();
    }

    @Test
    void aNewLeaderRestartsEveryLeaseWithItsFullTtl() {
        replica.grant(1, 1_000);
        runOnce();
        elapse(5_000);
        lead();
        elapse(990);
        assertThat(replica.proofs).isEmpty();
        elapse(10);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void aLeaderExpiresNoLeaseOnResumingFromASuspension() {
        leadWith(1, 1_000);
        elapse(500);
        nowNanos += 60_000 * MILLI;
        runOnce();
        elapse(200);
        assertThat(replica.proofs).isEmpty();
        elapse(1_000);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void aLeaseGrantedDuringALongRunStartsAfterItsGrant() {
        lead();
        replica.grant(1, 100);
        nowNanos += 40 * MILLI;
        runOnce();
        elapse(90);
        assertThat(replica.proofs).isEmpty();
        elapse(10);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void requestsBeyondTheLimitAreRefused() {
        lead();
        CompletableFuture<LeaseTime> last = keeper.renew(1);
        for (int i = 1; i < LeaseKeeper.REQUESTS_MAX; i++) {
            last = keeper.renew(1);
        }
        assertThat(last).isNotDone();
        assertFailed(keeper.renew(1), Kind.TOO_MANY_REQUESTS);
        runOnce();
        replica.proveAll();
        runOnce();
        assertThat(last).isCompletedWithValue(LeaseTime.NOT_FOUND);
        assertThat(keeper.renew(1)).isNotDone();
    }

    @Test
    void closingFailsWaitingRequests() throws Exception {
        FakeReplica other = new FakeReplica();
        LeaseKeeper running = new LeaseKeeper(other);
        try (SharedEventLoop loop = SharedEventLoop.start("test-keeper")) {
            running.start(loop);
            CompletableFuture<LeaseTime> waiting = running.renew(1);
            running.close();
            assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            ReplicationException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(Kind.STOPPED));
            assertFailed(running.renew(1), Kind.STOPPED);
        }
    }

    @Test
    void closingAKeeperThatNeverRanFailsWaitingRequests() {
        CompletableFuture<LeaseTime> waiting = keeper.renew(1);
        keeper.close();
        assertFailed(waiting, Kind.STOPPED);
    }
}

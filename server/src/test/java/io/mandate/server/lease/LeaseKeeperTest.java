package io.mandate.server.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.Alarm;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.lease.FakeReplica.Call;
import io.mandate.server.lease.FakeReplica.Proposal;
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

    private void turn() {
        keeper.turn();
        keeper.sleepNanos();
    }

    /** Lets time pass as it does for a loop that is punctual. */
    private void pass(long millis) {
        for (long i = 0; i < millis; i += 10) {
            nowNanos += Math.min(10, millis - i) * MILLI;
            turn();
        }
    }

    private void lead() {
        replica.gain(1);
        turn();
    }

    private void leadWith(long leaseId, long ttlMillis) {
        lead();
        replica.grant(leaseId, ttlMillis);
        turn();
    }

    private static void assertFailed(CompletableFuture<LeaseTime> answer, Kind kind) {
        assertThat(answer).isCompletedExceptionally();
        assertThatThrownBy(answer::join)
                .cause()
                .isInstanceOfSatisfying(
                        ReplicationException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(kind));
    }

    @Test
    void aRenewalIsAcknowledgedOnlyAfterAProofThatStartedAfterItCame() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> first = keeper.renew(1);
        turn();
        CompletableFuture<LeaseTime> second = keeper.renew(1);
        turn();
        assertThat(first).isNotDone();
        replica.proofs.remove().complete(1L);
        turn();
        assertThat(first).isCompletedWithValue(new LeaseTime(1_000, 1_000));
        assertThat(second).as("that proof was older").isNotDone();
        replica.proveAll();
        turn();
        assertThat(second).isCompletedWithValue(new LeaseTime(1_000, 1_000));
    }

    @Test
    void aDeposedLeaderNeverAcknowledgesAndGivesUpInTheEnd() {
        leadWith(1, 100_000);
        CompletableFuture<LeaseTime> answer = keeper.renew(1);
        for (int i = 0; i < 99; i++) {
            pass(10);
            replica.failProofs(Kind.NOT_LEADER);
            assertThat(answer).isNotDone();
        }
        for (int i = 0; i < 12; i++) {
            pass(10);
            replica.failProofs(Kind.NOT_LEADER);
        }
        turn();
        assertFailed(answer, Kind.LEADER_CHANGED);
    }

    @Test
    void aRenewalThatLosesItsLeaderIsAskedAnewOfTheNextOne() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> answer = keeper.renew(1);
        turn();
        replica.failProofs(Kind.NOT_LEADER);
        replica.lose();
        turn();
        assertThat(replica.calls).as("a moment later").isEmpty();
        pass(60);
        replica.calls.remove().answer().completeExceptionally(new ReplicationException(Kind.NO_LEADER, "none yet"));
        turn();
        pass(60);
        replica.calls.remove().answer().complete(LeaseTimesCodec.answer(List.of(new LeaseTime(1_000, 1_000))));
        turn();
        assertThat(answer).isCompletedWithValue(new LeaseTime(1_000, 1_000));
    }

    @Test
    void aLeaseThatReadersSeeGoneIsGoneThoughTheNewsOfItIsLate() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> answer = keeper.renew(1);
        turn();
        replica.keyspace.apply(2, 1, Request.of(new Command.LeaseRevoke(1))); // listeners not told yet
        replica.proveAll();
        turn();
        assertThat(answer).isCompletedWithValue(LeaseTime.GONE);
    }

    @Test
    void leadershipLostBetweenProofAndAnswerDoesNotSayThatTheLeaseIsGone() {
        leadWith(1, 1_000);
        CompletableFuture<LeaseTime> answer = keeper.renew(1);
        turn();
        replica.lose();
        replica.proveAll();
        turn();
        assertThat(answer).isNotDone();
        pass(60);
        assertThat(replica.calls.element().leaseIds())
                .as("asked of the next leader")
                .containsExactly(1L);
    }

    @Test
    void anUnknownLeaseIsGone() {
        lead();
        CompletableFuture<LeaseTime> renewal = keeper.renew(5);
        CompletableFuture<LeaseTime> question = keeper.timeToLive(5);
        turn();
        replica.proveAll();
        turn();
        assertThat(renewal).isCompletedWithValue(LeaseTime.GONE);
        assertThat(question).isCompletedWithValue(LeaseTime.GONE);
    }

    @Test
    void aLeaseThatReadersSeeIsNotGoneThoughTheNewsOfItIsLate() {
        lead();
        CompletableFuture<LeaseTime> renewal = keeper.renew(5);
        turn();
        replica.keyspace.apply(1, 1, Request.of(new Command.LeaseGrant(5, 700))); // listeners not told yet
        replica.proveAll();
        turn();
        assertThat(renewal).isCompletedWithValue(new LeaseTime(700, 700));
    }

    @Test
    void askingForTheTimeDoesNotRenew() {
        leadWith(1, 1_000);
        pass(400);
        CompletableFuture<LeaseTime> answer = keeper.timeToLive(1);
        turn();
        replica.proveAll();
        turn();
        assertThat(answer).isCompletedWithValue(new LeaseTime(600, 1_000));
    }

    @Test
    void aFollowerSendsAllThatWaitsInOneMessage() {
        List<CompletableFuture<LeaseTime>> answers = List.of(keeper.renew(1), keeper.renew(2), keeper.renew(3));
        CompletableFuture<LeaseTime> question = keeper.timeToLive(9);
        turn();
        assertThat(replica.calls)
                .extracting(Call::kind)
                .containsExactly(LeaderCall.RENEW_LEASES, LeaderCall.LEASE_TIME_TO_LIVE);
        Call renewals = replica.calls.remove();
        assertThat(renewals.leaseIds()).containsExactly(1L, 2L, 3L);
        LeaseTime time = new LeaseTime(5, 6);
        renewals.answer().complete(LeaseTimesCodec.answer(List.of(time, LeaseTime.GONE, time)));
        for (int i = 0; i < 25; i++) {
            replica.calls.forEach(
                    call -> call.answer().completeExceptionally(new ReplicationException(Kind.NO_LEADER, "none")));
            replica.calls.clear();
            pass(50);
        }
        assertThat(answers.get(0)).isCompletedWithValue(time);
        assertThat(answers.get(1)).isCompletedWithValue(LeaseTime.GONE);
        assertThat(answers.get(2)).isCompletedWithValue(time);
        assertFailed(question, Kind.NO_LEADER);
    }

    @Test
    void anAnswerOfTheWrongLengthFailsThoseWhoAskedAndNobodyElse() {
        CompletableFuture<LeaseTime> answer = keeper.renew(1);
        turn();
        replica.calls.remove().answer().complete(new byte[3]);
        turn();
        assertThat(answer).isCompletedExceptionally();
        CompletableFuture<LeaseTime> next = keeper.renew(1);
        turn();
        replica.calls.remove().answer().complete(LeaseTimesCodec.answer(List.of(LeaseTime.GONE)));
        turn();
        assertThat(next).isCompletedWithValue(LeaseTime.GONE);
    }

    @Test
    void theLeaderAnswersTheQuestionsOfOthersAndAFollowerDoesNotPassThemOn() {
        leadWith(1, 1_000);
        byte[] question = LeaseTimesCodec.question(List.of(1L, 2L));
        CompletableFuture<byte[]> answer = replica.askHandler(LeaderCall.RENEW_LEASES, question);
        turn();
        replica.proveAll();
        turn();
        assertThat(LeaseTimesCodec.times(answer.join(), 2))
                .containsExactly(new LeaseTime(1_000, 1_000), LeaseTime.GONE);
        replica.lose();
        turn();
        CompletableFuture<byte[]> refused = replica.askHandler(LeaderCall.RENEW_LEASES, question);
        turn();
        assertThat(refused).isCompletedExceptionally();
        assertThat(replica.calls).isEmpty();
    }

    @Test
    void aLeaseExpiresOnlyAfterAProofThatStartedWhenItWasDue() {
        leadWith(1, 100);
        pass(90);
        assertThat(replica.proofs).isEmpty();
        pass(10);
        assertThat(replica.proofs).hasSize(1);
        assertThat(replica.proposals).isEmpty();
        replica.proveAll();
        turn();
        assertThat(replica.proposals.element().expiry())
                .isEqualTo(new Command.LeaseExpire(1, List.of(new Command.Expiry(1, 1))));
        replica.applyProposal();
        turn();
        assertThat(replica.keyspace.lease(1)).isEmpty();
    }

    @Test
    void aLeaderThatCannotProveItselfExpiresNothingAndDoesNotSpin() {
        leadWith(1, 100);
        pass(100);
        for (int i = 0; i < 20; i++) {
            replica.failProofs(Kind.NOT_LEADER);
            turn();
        }
        assertThat(replica.proofs).as("a pause between attempts").isEmpty();
        assertThat(replica.proposals).isEmpty();
        pass(200);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void aLeaseIsSparedWhileARenewalOfItWaits() {
        leadWith(1, 100);
        pass(100);
        CompletableFuture<LeaseTime> renewal = keeper.renew(1);
        turn();
        replica.proofs.remove().complete(1L); // the proof for expiry
        turn();
        assertThat(replica.proposals).isEmpty();
        replica.proveAll();
        turn();
        assertThat(renewal).isCompletedWithValue(new LeaseTime(100, 100));
        replica.proveAll();
        turn();
        assertThat(replica.proposals).isEmpty();
    }

    private Proposal expireLeaseOne() {
        pass(100);
        replica.proveAll();
        turn();
        return replica.proposals.element();
    }

    private CompletableFuture<LeaseTime> renewWithProof() {
        CompletableFuture<LeaseTime> renewal = keeper.renew(1);
        turn();
        replica.proveAll();
        turn();
        return renewal;
    }

    @Test
    void aRenewalThatRacesWithExpiryWaitsAndIsToldThatTheLeaseIsGone() {
        leadWith(1, 100);
        expireLeaseOne();
        CompletableFuture<LeaseTime> renewal = renewWithProof();
        assertThat(renewal).isNotDone();
        replica.applyProposal();
        turn();
        assertThat(renewal).isCompletedWithValue(LeaseTime.GONE);
    }

    @Test
    void anExpiryThatIsRefusedLeavesTheLeaseDueAndHearsWhoWaitedAnew() {
        leadWith(1, 100);
        Proposal proposal = expireLeaseOne();
        CompletableFuture<LeaseTime> renewal = renewWithProof();
        replica.proposals.clear();
        proposal.outcome().complete(new Outcome.Refused(1, Outcome.Refused.Reason.STALE_TERM));
        turn();
        assertThat(renewal).isNotDone();
        replica.proveAll();
        turn();
        assertThat(renewal).isCompletedWithValue(new LeaseTime(100, 100));
        expireLeaseOne();
    }

    @Test
    void anExpiryOfUnknownOutcomeLetsNobodyRenewForItMayYetBeApplied() {
        leadWith(1, 100);
        Proposal lost = expireLeaseOne();
        CompletableFuture<LeaseTime> early = renewWithProof();
        replica.proposals.clear();
        lost.outcome().completeExceptionally(new ReplicationException(Kind.TIMED_OUT, "lost"));
        turn();
        assertThat(early).isNotDone();
        CompletableFuture<LeaseTime> late = renewWithProof();
        assertThat(late).isNotDone();
        pass(200);
        assertThat(replica.proposals).as("proposed again").hasSize(1);
        assertThat(replica.proposals.element().expiry()).isEqualTo(lost.expiry());
        replica.apply(lost.expiry()); // the lost one, after all
        turn();
        assertThat(early).isCompletedWithValue(LeaseTime.GONE);
        assertThat(late).isCompletedWithValue(LeaseTime.GONE);
        replica.applyProposal();
        turn();
    }

    @Test
    void anExpiryOfUnknownOutcomeStaysSoThoughItsRepetitionWasNotSent() {
        leadWith(1, 100);
        Proposal lost = expireLeaseOne();
        replica.proposals.clear();
        lost.outcome().completeExceptionally(new ReplicationException(Kind.TIMED_OUT, "lost"));
        turn();
        pass(200);
        replica.proposals
                .remove()
                .outcome()
                .completeExceptionally(new ReplicationException(Kind.TOO_MANY_REQUESTS, "not sent"));
        turn();
        assertThat(renewWithProof()).isNotDone();
        pass(200);
        assertThat(replica.proposals).as("proposed again").hasSize(1);
    }

    @Test
    void aProofFromBeforeASuspensionExpiresNothing() {
        leadWith(1, 100);
        pass(100);
        assertThat(replica.proofs).hasSize(1);
        nowNanos += 60_000 * MILLI;
        replica.proveAll();
        turn();
        assertThat(replica.proposals).isEmpty();
        pass(500);
        assertThat(replica.proofs).as("another one, after the grace").hasSize(1);
        replica.proveAll();
        turn();
        assertThat(replica.proposals).hasSize(1);
    }

    @Test
    void anExpiryOfAnEarlierTermSaysNothingAboutThisOne() {
        leadWith(1, 100);
        Proposal old = expireLeaseOne();
        replica.proposals.clear();
        replica.lose();
        replica.gain(3);
        turn();
        expireLeaseOne();
        old.outcome().completeExceptionally(new ReplicationException(Kind.TOO_MANY_REQUESTS, "late"));
        turn();
        CompletableFuture<LeaseTime> renewal = renewWithProof();
        assertThat(renewal).as("the expiry of term 3 is under way").isNotDone();
        replica.applyProposal();
        turn();
        assertThat(renewal).isCompletedWithValue(LeaseTime.GONE);
    }

    @Test
    void massExpiryGoesInBoundedCommandsFewAtATime() {
        lead();
        for (int i = 1; i <= 5_000; i++) {
            replica.grant(i, 100);
        }
        turn();
        pass(100);
        replica.proveAll();
        turn();
        assertThat(replica.proposals)
                .hasSize(LeaseExpiries.COMMANDS_MAX)
                .allMatch(proposal -> proposal.expiry().expiries().size() == LeaseExpiries.LEASES_PER_COMMAND_MAX);
        for (int i = 0; i < 20; i++) {
            while (!replica.proposals.isEmpty()) {
                replica.applyProposal();
            }
            turn();
            replica.proveAll();
            turn();
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
        turn();
        pass(110);
        replica.proveAll();
        turn();
        assertThat(replica.proposals)
                .extracting(proposal -> proposal.expiry().expiries().size())
                .containsExactly(2, 2);
    }

    @Test
    void anAlarmThatRefusesExpiryDoesNotMakeTheKeeperSpin() {
        leadWith(1, 100);
        replica.apply(new Command.SetAlarm(new Alarm(1, Alarm.Kind.CORRUPT), true));
        int refusals = 0;
        for (int i = 0; i < 100; i++) {
            pass(10);
            replica.proveAll();
            turn();
            for (; !replica.proposals.isEmpty(); refusals++) {
                replica.applyProposal();
                turn();
            }
        }
        assertThat(refusals).isBetween(2, 10);
        replica.apply(new Command.SetAlarm(new Alarm(1, Alarm.Kind.CORRUPT), false));
        pass(200);
        replica.proveAll();
        turn();
        replica.applyProposal();
        assertThat(replica.keyspace.lease(1)).isEmpty();
    }

    @Test
    void aNewLeaderGivesEveryLeaseItsFullTimeAgain() {
        replica.grant(1, 1_000);
        turn();
        pass(5_000);
        lead();
        pass(990);
        assertThat(replica.proofs).isEmpty();
        pass(10);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void aLeaderThatWasSuspendedDoesNotExpireOnWaking() {
        leadWith(1, 1_000);
        pass(500);
        nowNanos += 60_000 * MILLI;
        turn();
        pass(200);
        assertThat(replica.proofs).isEmpty();
        pass(1_000);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void aLeaseGrantedDuringALongTurnBeginsAfterItsGrant() {
        lead();
        replica.grant(1, 100);
        nowNanos += 40 * MILLI;
        turn();
        pass(90);
        assertThat(replica.proofs).isEmpty();
        pass(10);
        assertThat(replica.proofs).hasSize(1);
    }

    @Test
    void moreQuestionsThanMayWaitAreRefused() {
        lead();
        CompletableFuture<LeaseTime> last = keeper.renew(1);
        for (int i = 1; i < 200_000; i++) {
            last = keeper.renew(1);
        }
        assertThat(last).isNotDone();
        assertFailed(keeper.renew(1), Kind.TOO_MANY_REQUESTS);
        turn();
        replica.proveAll();
        turn();
        assertThat(last).isCompletedWithValue(LeaseTime.GONE);
        assertThat(keeper.renew(1)).isNotDone();
    }

    @Test
    void closingFailsWhateverWaits() throws Exception {
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
    void closingAKeeperThatNeverRanFailsWhateverWaits() {
        CompletableFuture<LeaseTime> waiting = keeper.renew(1);
        keeper.close();
        assertFailed(waiting, Kind.STOPPED);
    }
}

package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.PeerId;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class KnownLeaderTest {
    private static final PeerId SELF = new PeerId("127.0.0.1", 1);
    private static final PeerId OTHER = new PeerId("127.0.0.1", 2);

    private final KnownLeader leadership = new KnownLeader(SELF);

    @Test
    void noLeaderIsKnownAtFirst() {
        assertThat(leadership.leader()).isNull();
        assertThat(leadership.leaderElsewhere()).isNull();
        assertThat(leadership.ownTerm()).isZero();
    }

    @Test
    void aDeposedLeaderKnowsNoLeaderUntilItFollowsOne() {
        leadership.leading(4);
        assertThat(leadership.ownTerm()).isEqualTo(4);
        assertThat(leadership.leader()).isEqualTo(SELF);
        assertThat(leadership.leaderElsewhere()).isNull();
        leadership.notLeading();
        assertThat(leadership.ownTerm()).isZero();
        assertThat(leadership.leader()).isNull();
        leadership.following(OTHER, 5);
        assertThat(leadership.leaderElsewhere()).isEqualTo(OTHER);
        assertThat(leadership.changes()).isEqualTo(2);
    }

    @Test
    void theTermNeverDecreases() {
        leadership.following(OTHER, 9);
        leadership.leaderUnknown();
        leadership.following(OTHER, 7);
        assertThat(leadership.highestTerm()).isEqualTo(9);
    }

    @Test
    void awaitCompletesWhenAMatchingLeaderIsKnown() {
        CompletableFuture<Void> other = leadership.await(OTHER::equals);
        leadership.leading(1);
        assertThat(other).isNotDone();
        leadership.notLeading();
        leadership.following(OTHER, 2);
        assertThat(other).isCompleted();
        assertThat(leadership.await(OTHER::equals)).as("known already").isCompleted();
    }
}

package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.server.raft.LeaderBalance.GroupView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LeaderBalanceTest {
    private static final long STEP_NANOS = LeaderBalance.PAUSE_NANOS / 2;
    private static final GroupView OWN = new GroupView(true, false, false);
    private static final GroupView ELSEWHERE = new GroupView(false, true, true);
    private static final GroupView MISPLACED = new GroupView(true, true, true);
    private static final GroupView OWNER_AWAY = new GroupView(true, true, false);

    private long nowNanos = -5_000_000_000L; // System.nanoTime may be negative

    private OptionalInt after(long nanos, LeaderBalance balance, GroupView... views) {
        OptionalInt last = OptionalInt.empty();
        for (long passed = 0; passed < nanos && last.isEmpty(); passed += STEP_NANOS) {
            nowNanos += STEP_NANOS;
            last = balance.next(nowNanos, List.of(views));
        }
        return last;
    }

    @Test
    void groupsAreBalancedOverAllMembers() {
        for (int members = 1; members <= 7; members++) {
            int[] led = new int[members];
            for (int group = 0; group < 64; group++) {
                led[LeaderBalance.preferredPosition(group, members)]++;
            }
            assertThat(Arrays.stream(led).max().orElseThrow()
                            - Arrays.stream(led).min().orElseThrow())
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void aGroupWithItsPreferredLeaderDoesNotMove() {
        assertThat(after(60_000_000_000L, new LeaderBalance(2), OWN, ELSEWHERE)).isEmpty();
    }

    @Test
    void aGroupMovesOnlyAfterTheSettleTime() {
        LeaderBalance balance = new LeaderBalance(2);
        assertThat(after(LeaderBalance.SETTLED_NANOS, balance, OWN, MISPLACED)).isEmpty();
        assertThat(after(2 * STEP_NANOS, balance, OWN, MISPLACED)).hasValue(1);
    }

    @Test
    void aDisconnectedMemberRestartsTheSettleTime() {
        LeaderBalance balance = new LeaderBalance(1);
        assertThat(after(LeaderBalance.SETTLED_NANOS, balance, MISPLACED)).isEmpty();
        assertThat(after(STEP_NANOS, balance, OWNER_AWAY)).isEmpty();
        assertThat(after(LeaderBalance.SETTLED_NANOS, balance, MISPLACED)).isEmpty();
        assertThat(after(2 * STEP_NANOS, balance, MISPLACED)).hasValue(0);
    }

    @Test
    void groupsMoveOneAtATimeWithAPause() {
        LeaderBalance balance = new LeaderBalance(2);
        assertThat(after(2 * LeaderBalance.SETTLED_NANOS, balance, MISPLACED, MISPLACED))
                .hasValue(0);
        assertThat(after(60_000_000_000L, balance, MISPLACED, MISPLACED))
                .as("while the first move is in progress")
                .isEmpty();
        balance.ended(0, nowNanos);
        assertThat(balance.next(nowNanos + LeaderBalance.PAUSE_NANOS - 1, List.of(ELSEWHERE, MISPLACED)))
                .isEmpty();
        assertThat(balance.next(nowNanos + LeaderBalance.PAUSE_NANOS, List.of(ELSEWHERE, MISPLACED)))
                .hasValue(1);
    }

    @Test
    void aGroupThatFailsToMoveIsRetriedWithBackOff() {
        LeaderBalance balance = new LeaderBalance(1);
        List<Long> waits = new ArrayList<>();
        long lastNanos = 0;
        for (int attempt = 0; attempt < 10; attempt++) {
            assertThat(after(2 * LeaderBalance.WAIT_NANOS_MAX, balance, MISPLACED))
                    .hasValue(0);
            waits.add(nowNanos - lastNanos);
            balance.ended(0, nowNanos);
            lastNanos = nowNanos;
        }
        assertThat(waits.get(1)).isGreaterThanOrEqualTo(LeaderBalance.WAIT_NANOS_MIN);
        assertThat(waits.get(2)).isGreaterThanOrEqualTo(2 * LeaderBalance.WAIT_NANOS_MIN);
        assertThat(waits.get(9)).isBetween(LeaderBalance.WAIT_NANOS_MAX, LeaderBalance.WAIT_NANOS_MAX + STEP_NANOS);
    }

    @Test
    void theBackOffIsResetAfterALongSuccess() {
        LeaderBalance balance = new LeaderBalance(1);
        for (int attempt = 0; attempt < 5; attempt++) {
            assertThat(after(2 * LeaderBalance.WAIT_NANOS_MAX, balance, MISPLACED))
                    .hasValue(0);
            balance.ended(0, nowNanos);
        }
        assertThat(after(LeaderBalance.WAIT_NANOS_MAX + 2 * STEP_NANOS, balance, ELSEWHERE))
                .isEmpty();
        assertThat(after(LeaderBalance.SETTLED_NANOS + 2 * STEP_NANOS, balance, MISPLACED))
                .hasValue(0);
    }

    /**
     * Members leave and return; once they stay, every group moves to its preferred leader, and no group moves any more.
     */
    @Test
    void leadersConvergeToThePreferredOnes() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int members = 3;
        int groups = 16;
        int[] leaders = random.ints(groups, 0, members).toArray();
        List<LeaderBalance> balances =
                Stream.generate(() -> new LeaderBalance(groups)).limit(members).toList();
        boolean[] up = {true, true, true};
        long stableFrom = 30_000;
        int lateMoves = 0;
        for (int step = 0; step < stableFrom + 16_000; step++) {
            nowNanos += STEP_NANOS;
            if (step < stableFrom && random.nextInt(200) == 0) {
                int member = random.nextInt(members);
                up[member] = !up[member];
            }
            if (step == stableFrom) {
                Arrays.fill(up, true);
            }
            for (int group = 0; group < groups; group++) {
                if (!up[leaders[group]]) {
                    int other = (leaders[group] + 1 + random.nextInt(members - 1)) % members;
                    leaders[group] = up[other] ? other : leaders[group];
                }
            }
            for (int member = 0; member < members; member++) {
                if (up[member] && moveOne(balances.get(member), member, leaders, up)) {
                    lateMoves += step > stableFrom + 14_000 ? 1 : 0;
                }
            }
        }
        for (int group = 0; group < groups; group++) {
            assertThat(leaders[group]).as("group %s, seed %s", group, seed).isEqualTo(group % members);
        }
        assertThat(lateMoves).as("moves after convergence, seed %s", seed).isZero();
    }

    private boolean moveOne(LeaderBalance balance, int member, int[] leaders, boolean[] up) {
        List<GroupView> views = new ArrayList<>();
        for (int group = 0; group < leaders.length; group++) {
            int preferred = LeaderBalance.preferredPosition(group, up.length);
            views.add(new GroupView(leaders[group] == member, preferred != member, up[preferred]));
        }
        OptionalInt next = balance.next(nowNanos, views);
        next.ifPresent(group -> {
            leaders[group] = LeaderBalance.preferredPosition(group, up.length);
            balance.ended(group, nowNanos);
        });
        return next.isPresent();
    }
}

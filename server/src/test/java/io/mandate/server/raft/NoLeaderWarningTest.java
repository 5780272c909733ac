package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.PeerId;
import io.mandate.server.LoggedLines;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NoLeaderWarningTest {
    private static final PeerId SELF = new PeerId("a", 1);
    private static final PeerId OTHER = new PeerId("b", 1);

    private final KnownLeader leadership = new KnownLeader(SELF);
    private int connected = 1;

    private NoLeaderWarning warning(long electionTimeoutMillis) {
        return new NoLeaderWarning(3, leadership, 3, () -> connected, electionTimeoutMillis);
    }

    private static void tickUntil(NoLeaderWarning warning, int fromSecond, int toSecond) {
        for (int second = fromSecond; second <= toSecond; second++) {
            warning.tick(TimeUnit.SECONDS.toNanos(second));
        }
    }

    private static List<String> linesOf(Runnable scenario) {
        try (LoggedLines logged = LoggedLines.of(NoLeaderWarning.class)) {
            scenario.run();
            return logged.all();
        }
    }

    @Test
    void aNodeWithoutAMajorityWarnsOnceAndReportsTheNextLeader() {
        NoLeaderWarning warning = warning(1_000);
        assertThat(linesOf(() -> tickUntil(warning, 1, 10))).isEmpty();
        assertThat(linesOf(() -> tickUntil(warning, 11, 60)))
                .singleElement()
                .asString()
                .startsWith(
                        "WARN no-leader group=3 for-seconds=10 connected=1/3 reason=\"a majority is 2 members: start");
        leadership.following(OTHER, 7);
        assertThat(linesOf(() -> tickUntil(warning, 61, 70)))
                .containsExactly("INFO leader-again group=3 leader=b:1 after-seconds=60");
    }

    @Test
    void anElectionThatEndsInTimeCausesNoWarning() {
        NoLeaderWarning warning = warning(1_000);
        assertThat(linesOf(() -> {
                    for (int second = 0; second < 90; second += 9) {
                        tickUntil(warning, second, second + 8);
                        leadership.leading(second + 1);
                        tickUntil(warning, second + 9, second + 9);
                        leadership.notLeading();
                    }
                }))
                .isEmpty();
    }

    @Test
    void aConnectedMajorityWithoutALeaderIsDistinguishedFromAMissingOne() {
        connected = 3;
        assertThat(linesOf(() -> tickUntil(warning(1_000), 0, 10)))
                .singleElement()
                .asString()
                .contains("connected=3/3", "a majority is connected but elects no leader");
    }

    @Test
    void aLongElectionTimeoutAllowsForSeveralElections() {
        NoLeaderWarning warning = warning(20_000);
        assertThat(linesOf(() -> tickUntil(warning, 0, 79))).isEmpty();
        assertThat(linesOf(() -> tickUntil(warning, 80, 90))).hasSize(1);
    }
}

package io.mandate.election.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.time.Moment;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final long TTL_MILLIS = 3_000;
    private static final double DRIFT = 0.01;
    private static final Moment START = new Moment(5_000_000_000L, 1_700_000_000_000_000_000L);

    private final Session session = new Session(new SessionOptions(TTL_MILLIS, DRIFT), new SplittableRandom(1));

    private static Moment after(long millis) {
        return START.plusNanos(millis * 1_000_000);
    }

    private List<SessionEffect> on(SessionEvent event, long millis) {
        return session.on(event, after(millis));
    }

    private static <E extends SessionEffect> List<E> all(List<SessionEffect> effects, Class<E> kind) {
        return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** A lease whose grant was sent at 0 and answered at 10 ms. */
    private void hold() {
        on(new SessionEvent.Open(), 0);
        assertThat(on(new SessionEvent.Granted(1, 77, TTL_MILLIS), 10))
                .contains(new SessionEffect.Began(77, Deadline.of(after(0), TTL_MILLIS, DRIFT)));
    }

    @Test
    void theDeadlineCountsFromBeforeTheRequestWasSentAndTakesTheDriftOff() {
        hold();
        Deadline deadline = Deadline.of(after(0), TTL_MILLIS, DRIFT);
        assertThat(deadline.remainingNanos(after(0))).isEqualTo(2_970_000_000L);
        assertThat(deadline.hasPassed(after(2_969))).isFalse();
        assertThat(deadline.hasPassed(after(2_970))).isTrue();
    }

    @Test
    void renewalsAreSentAtAThirdOfTheTimeCountedFromTheLastOneThatSucceeded() {
        hold();
        assertThat(on(new SessionEvent.Tick(), 999)).containsExactly(new SessionEffect.WakeAt(after(1_000)));
        assertThat(on(new SessionEvent.Tick(), 1_000)).contains(new SessionEffect.Renew(2, 77));
        assertThat(on(new SessionEvent.Renewed(2, TTL_MILLIS), 1_100))
                .containsExactly(
                        new SessionEffect.Extended(77, Deadline.of(after(1_000), TTL_MILLIS, DRIFT)),
                        new SessionEffect.WakeAt(after(2_000)));
    }

    @Test
    void aRenewalWithoutAnAnswerIsSentAgainAndTheLateAnswerCountsFromItsOwnRequest() {
        hold();
        on(new SessionEvent.Tick(), 1_000);
        assertThat(on(new SessionEvent.Tick(), 1_750)).contains(new SessionEffect.Renew(3, 77));
        assertThat(on(new SessionEvent.Renewed(2, TTL_MILLIS), 1_800))
                .contains(new SessionEffect.Extended(77, Deadline.of(after(1_000), TTL_MILLIS, DRIFT)));
        assertThat(on(new SessionEvent.Renewed(3, TTL_MILLIS), 1_900))
                .contains(new SessionEffect.Extended(77, Deadline.of(after(1_750), TTL_MILLIS, DRIFT)));
    }

    @Test
    void anAnswerToAnEarlierRequestDoesNotTakeBackWhatALaterOneGave() {
        hold();
        on(new SessionEvent.Tick(), 1_000);
        on(new SessionEvent.Tick(), 1_750);
        on(new SessionEvent.Renewed(3, TTL_MILLIS), 1_800);
        assertThat(all(on(new SessionEvent.Renewed(2, TTL_MILLIS), 1_900), SessionEffect.Extended.class))
                .isEmpty();
    }

    @Test
    void itWarnsOnceBeforeTheEndAndAgainAfterTheNextRenewal() {
        hold();
        on(new SessionEvent.Tick(), 1_000);
        on(new SessionEvent.Failed(2), 1_010);
        assertThat(all(on(new SessionEvent.Tick(), 1_999), SessionEffect.Endangered.class))
                .isEmpty();
        assertThat(all(on(new SessionEvent.Tick(), 2_000), SessionEffect.Endangered.class))
                .containsExactly(new SessionEffect.Endangered(77, 970_000_000L));
        assertThat(all(on(new SessionEvent.Tick(), 2_100), SessionEffect.Endangered.class))
                .isEmpty();
        on(new SessionEvent.Renewed(3, TTL_MILLIS), 2_200);
        assertThat(all(on(new SessionEvent.Tick(), 4_900), SessionEffect.Endangered.class))
                .hasSize(1);
    }

    private void tickUntil(long millis) {
        for (long at = 0; at < millis; at += 500) {
            on(new SessionEvent.Tick(), at);
        }
    }

    @Test
    void atTheDeadlineTheLeaseEndsWithoutTheStoreAndAnotherIsAskedFor() {
        hold();
        tickUntil(2_900);
        assertThat(on(new SessionEvent.Tick(), 2_970))
                .startsWith(
                        new SessionEffect.Ended(77, TermEnd.STORE_UNREACHABLE),
                        new SessionEffect.Revoke(77),
                        new SessionEffect.Grant(4, TTL_MILLIS));
    }

    @Test
    void aHolderThatWasNotRunUntilTheDeadlineWasPaused() {
        hold();
        assertThat(on(new SessionEvent.Tick(), 2_970)).contains(new SessionEffect.Ended(77, TermEnd.PAUSED));
    }

    @Test
    void aRenewalThatIsAnsweredAfterTheDeadlineComesTooLate() {
        hold();
        tickUntil(2_900);
        List<SessionEffect> effects = on(new SessionEvent.Renewed(2, TTL_MILLIS), 2_980);
        assertThat(effects).contains(new SessionEffect.Ended(77, TermEnd.STORE_UNREACHABLE));
        assertThat(all(effects, SessionEffect.Extended.class)).isEmpty();
    }

    /** The monotonic clock stood still; without the wall clock the holder would lead for three seconds more. */
    @Test
    void aSuspendedMachineFindsItsLeaseEndedAndSaysWhy() {
        hold();
        Moment woken = new Moment(after(20).monotonicNanos(), after(60_000).wallNanos());
        assertThat(session.on(new SessionEvent.Tick(), woken)).contains(new SessionEffect.Ended(77, TermEnd.PAUSED));
    }

    @Test
    void settingTheWallClockBackLengthensNothing() {
        hold();
        tickUntil(2_900);
        Moment setBack =
                new Moment(after(2_970).monotonicNanos(), after(-3_600_000).wallNanos());
        assertThat(session.on(new SessionEvent.Tick(), setBack))
                .contains(new SessionEffect.Ended(77, TermEnd.STORE_UNREACHABLE));
    }

    @Test
    void aLeaseThatTheStoreHasLostEndsAtOnceAndAnotherIsAskedFor() {
        hold();
        on(new SessionEvent.Tick(), 1_000);
        assertThat(on(new SessionEvent.NotFound(2), 1_010))
                .startsWith(new SessionEffect.Ended(77, TermEnd.REVOKED), new SessionEffect.Grant(3, TTL_MILLIS));
        assertThat(all(on(new SessionEvent.NotFound(2), 1_020), SessionEffect.Ended.class))
                .as("the same news again")
                .isEmpty();
    }

    @Test
    void aGrantThatNobodyWaitsForAnyMoreIsGivenBack() {
        on(new SessionEvent.Open(), 0);
        on(new SessionEvent.Tick(), 2_000);
        on(new SessionEvent.Granted(2, 78, TTL_MILLIS), 2_010);
        assertThat(on(new SessionEvent.Granted(1, 77, TTL_MILLIS), 2_020)).contains(new SessionEffect.Revoke(77));
    }

    @Test
    void aGrantWhoseTimeIsOverWhenItArrivesIsGivenBack() {
        on(new SessionEvent.Open(), 0);
        List<SessionEffect> effects = on(new SessionEvent.Granted(1, 77, TTL_MILLIS), 2_970);
        assertThat(effects).contains(new SessionEffect.Revoke(77));
        assertThat(all(effects, SessionEffect.Began.class)).isEmpty();
    }

    @Test
    void aStoreThatAnswersNothingIsAskedLessAndLessOften() {
        on(new SessionEvent.Open(), 0);
        int grants = 1;
        for (int millis = 10; millis <= 60_000; millis += 10) {
            grants += all(on(new SessionEvent.Tick(), millis), SessionEffect.Grant.class)
                    .size();
        }
        assertThat(grants).isBetween(10, 20);
    }

    @Test
    void closingGivesTheLeaseBackAndNothingFollows() {
        hold();
        assertThat(on(new SessionEvent.Close(), 100))
                .containsExactly(new SessionEffect.Revoke(77), new SessionEffect.Ended(77, TermEnd.RESIGNED));
        assertThat(on(new SessionEvent.Open(), 200)).isEmpty();
        assertThat(on(new SessionEvent.Tick(), 60_000)).isEmpty();
    }

    @Test
    void closingWhileAskingGivesBackWhatIsGrantedLater() {
        on(new SessionEvent.Open(), 0);
        assertThat(on(new SessionEvent.Close(), 5)).isEmpty();
        assertThat(on(new SessionEvent.Granted(1, 77, TTL_MILLIS), 10)).containsExactly(new SessionEffect.Revoke(77));
    }

    @Test
    void optionsOutOfBoundsAreRefusedByName() {
        assertThatThrownBy(() -> new SessionOptions(99, 0.01))
                .hasMessageContaining("99 ms")
                .hasMessageContaining("100");
        assertThatThrownBy(() -> new SessionOptions(86_400_001, 0.01)).hasMessageContaining("86400000");
        assertThatThrownBy(() -> SessionOptions.of(Duration.ofSeconds(Long.MAX_VALUE), 0.01))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("PT2562047788015215H30M7S", "86400000");
        assertThatThrownBy(() -> SessionOptions.of(Duration.ofSeconds(Long.MIN_VALUE), 0.01))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SessionOptions(1_000, 0.51))
                .hasMessageContaining("0.51")
                .hasMessageContaining("0.5");
        assertThatThrownBy(() -> new SessionOptions(1_000, Double.NaN)).hasMessageContaining("NaN");
    }
}

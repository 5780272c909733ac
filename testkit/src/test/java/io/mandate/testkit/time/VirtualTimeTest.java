package io.mandate.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.internal.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private final VirtualTime time = new VirtualTime();
    private final List<String> happened = new ArrayList<>();

    @Test
    void eventsHappenByTimeAndThenInTheOrderTheyWerePlanned() {
        time.after(2, () -> happened.add("c"));
        time.after(1, () -> happened.add("a"));
        time.after(1, () -> happened.add("b"));

        time.runUntil(2);

        assertThat(happened).containsExactly("a", "b", "c");
    }

    @Test
    void anEventSeesItsOwnTimeAndPlansFromThere() {
        List<Long> seen = new ArrayList<>();
        time.after(5, () -> time.after(7, () -> seen.add(time.nanos())));

        time.runFor(Duration.ofNanos(20));

        assertThat(seen).containsExactly(12L);
        assertThat(time.nanos()).isEqualTo(20);
    }

    @Test
    void whatIsPlannedLaterDoesNotHappenYet() {
        time.after(11, () -> happened.add("late"));

        time.runUntil(10);

        assertThat(happened).isEmpty();
        assertThat(time.nanos()).isEqualTo(10);
    }

    @Test
    void whatIsTakenBackDoesNotHappenAndKeepsNobodyBusy() {
        Scheduler.Timer timer = time.after(3, () -> happened.add("cancelled"));
        timer.cancel();

        assertThat(time.runUntilIdle(Duration.ofNanos(1))).isTrue();
        time.runUntil(5);

        assertThat(happened).isEmpty();
    }

    @Test
    void idleIsWhenNothingIsPlannedAndNotLaterThanTheBound() {
        time.after(3, () -> happened.add("x"));

        assertThat(time.runUntilIdle(Duration.ofNanos(2))).isFalse();
        assertThat(time.runUntilIdle(Duration.ofNanos(2))).isTrue();
        assertThat(happened).containsExactly("x");
    }

    @Test
    void timeStopsAtTheEventThatMakesTheConditionTrue() {
        time.after(3, () -> happened.add("x"));
        time.after(4, () -> happened.add("y"));

        assertThat(time.runUntil(() -> !happened.isEmpty(), Duration.ofNanos(10)))
                .isTrue();
        assertThat(time.nanos()).isEqualTo(3);
        assertThat(time.runUntil(() -> false, Duration.ofNanos(10))).isFalse();
        assertThat(time.nanos()).isEqualTo(13);
    }

    @Test
    void anEventMayNotRunTime() {
        time.after(1, () -> time.runFor(Duration.ofNanos(1)));

        assertThatThrownBy(() -> time.runUntil(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("may plan others");
    }

    @Test
    void eventsThatCauseEachOtherWithoutEndAreRefused() {
        Runnable[] again = new Runnable[1];
        again[0] = () -> time.after(0, again[0]);
        again[0].run();

        assertThatThrownBy(() -> time.runUntil(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("without any time passing");
    }
}

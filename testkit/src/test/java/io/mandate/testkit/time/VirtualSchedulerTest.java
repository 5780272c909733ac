package io.mandate.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.internal.time.Moment;
import io.mandate.election.internal.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VirtualSchedulerTest {
    private static final long SECOND = 1_000_000_000;

    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler process = new VirtualScheduler(time, "p");
    private final Moment start = process.now();
    private final List<String> ran = new ArrayList<>();

    private long monotonic() {
        return process.now().nanosSince(start);
    }

    private long wall() {
        return process.now().wallNanos() - start.wallNanos();
    }

    private void pass(long nanos) {
        time.runFor(Duration.ofNanos(nanos));
    }

    @Test
    void tasksRunInOrderAndNeverInsideOneAnother() {
        process.execute(() -> {
            process.execute(() -> ran.add("second"));
            ran.add("first");
        });
        assertThat(ran).isEmpty();

        pass(0);

        assertThat(ran).containsExactly("first", "second");
    }

    @Test
    void aTaskRunsWhenItsTimeHasComeAndNotBefore() {
        process.schedule(SECOND, () -> ran.add("x"));

        pass(SECOND - 1);
        assertThat(ran).isEmpty();
        pass(1);
        assertThat(ran).containsExactly("x");
    }

    @Test
    void aTimerThatIsTakenBackDoesNotRunAlsoIfItIsDue() {
        Scheduler.Timer later = process.schedule(SECOND, () -> ran.add("later"));
        Scheduler.Timer due = process.schedule(0, () -> ran.add("due"));
        later.cancel();
        due.cancel();

        pass(2 * SECOND);

        assertThat(ran).isEmpty();
    }

    @Test
    void aClockThatIsSlowShowsLessAndItsTimersComeLater() {
        VirtualScheduler slow = new VirtualScheduler(time, "slow", 0.5);
        Moment before = slow.now();
        slow.schedule(SECOND, () -> ran.add("x"));

        pass(2 * SECOND - 1);
        assertThat(ran).isEmpty();
        pass(1);

        assertThat(ran).containsExactly("x");
        assertThat(slow.now()).isEqualTo(before.plusNanos(SECOND));
    }

    @Test
    void whilePausedNothingRunsAndBothClocksGoOn() {
        process.pause(SECOND);
        process.execute(() -> ran.add("task"));
        process.schedule(SECOND / 2, () -> ran.add("timer"));
        process.deliver(() -> ran.add("answer"));

        pass(SECOND - 1);
        assertThat(ran).isEmpty();
        assertThat(process.isStopped()).isTrue();
        pass(1);

        assertThat(ran).containsExactlyInAnyOrder("task", "timer", "answer");
        assertThat(monotonic()).isEqualTo(SECOND);
        assertThat(wall()).isEqualTo(SECOND);
    }

    @Test
    void aPauseMayComeBetweenTwoTasks() {
        process.execute(() -> {
            ran.add("before");
            process.pause(SECOND);
        });
        process.execute(() -> ran.add("after"));

        pass(SECOND - 1);
        assertThat(ran).containsExactly("before");
        pass(1);
        assertThat(ran).containsExactly("before", "after");
    }

    @Test
    void whileSuspendedTheMonotonicClockStandsStillAndTheWallClockGoesOn() {
        pass(SECOND);
        process.suspend(3 * SECOND);
        pass(SECOND);
        assertThat(monotonic()).isEqualTo(SECOND);
        pass(3 * SECOND);

        assertThat(monotonic()).isEqualTo(2 * SECOND);
        assertThat(wall()).isEqualTo(5 * SECOND);
    }

    @Test
    void suspensionsThatOverlapAreCountedOnce() {
        process.suspend(2 * SECOND);
        pass(SECOND);
        process.suspend(2 * SECOND);
        process.suspend(SECOND);
        pass(3 * SECOND);

        assertThat(monotonic()).isEqualTo(SECOND);
        assertThat(wall()).isEqualTo(4 * SECOND);
    }

    @Test
    void aTimerWaitsOnTheMonotonicClock() {
        process.schedule(SECOND, () -> ran.add("x"));
        pass(SECOND / 2);
        process.suspend(SECOND);

        pass(3 * SECOND / 2 - 1);
        assertThat(ran).isEmpty();
        pass(1);
        assertThat(ran).containsExactly("x");
    }

    @Test
    void theWallClockCanBeSetAndTheMonotonicOneCannot() {
        process.setWallForward(5);
        assertThat(wall()).isEqualTo(5);
        process.setWallBack(7);
        assertThat(wall()).isEqualTo(-2);
        assertThat(monotonic()).isZero();
    }

    @Test
    void insideTheLoopAreItsTasksAndNothingElse() {
        List<Boolean> inside = new ArrayList<>();
        VirtualExecutor workers = new VirtualExecutor(process);
        process.execute(() -> {
            inside.add(process.insideLoop());
            workers.execute(() -> inside.add(process.insideLoop()));
            process.deliver(() -> inside.add(process.insideLoop()));
        });
        assertThat(process.insideLoop()).isFalse();

        pass(0);

        assertThat(inside).containsExactly(true, false, false);
    }

    @Test
    void aClosedLoopDropsItsTasksButItsProcessGoesOn() {
        process.execute(() -> ran.add("dropped"));
        process.schedule(1, () -> ran.add("dropped"));
        process.close();
        process.execute(() -> ran.add("dropped"));
        process.deliver(() -> ran.add("answer"));

        pass(SECOND);

        assertThat(ran).containsExactly("answer");
    }

    @Test
    void ofAKilledProcessNothingRuns() {
        VirtualExecutor workers = new VirtualExecutor(process);
        process.execute(() -> ran.add("task"));
        workers.execute(() -> ran.add("work"));
        workers.after(SECOND, () -> ran.add("step"));
        process.kill();
        workers.execute(() -> ran.add("work"));

        pass(2 * SECOND);

        assertThat(ran).isEmpty();
    }

    @Test
    void workIsStoppedWithItsProcess() {
        VirtualExecutor workers = new VirtualExecutor(process);
        workers.after(SECOND, () -> ran.add("step"));
        process.pause(3 * SECOND);

        pass(3 * SECOND - 1);
        assertThat(ran).isEmpty();
        pass(1);
        assertThat(ran).containsExactly("step");
    }

    @Test
    void slowThreadsBeginTasksInAnyOrder() {
        VirtualExecutor workers = new VirtualExecutor(process, SECOND, new SplittableRandom(3));
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int number = i;
            workers.execute(() -> order.add(number));
        }

        pass(SECOND);

        assertThat(order).hasSize(20).isNotEqualTo(order.stream().sorted().toList());
    }

    @Test
    void aFailureOfATaskEndsTheRun() {
        process.execute(() -> {
            throw new IllegalStateException("a defect");
        });
        process.execute(() -> ran.add("next"));

        assertThatThrownBy(() -> pass(1)).hasMessage("a defect");
        pass(1);
        assertThat(ran).containsExactly("next");
    }

    @Test
    void aRateThatNoClockHasIsRefused() {
        assertThatThrownBy(() -> new VirtualScheduler(time, "p", 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0.5");
    }
}

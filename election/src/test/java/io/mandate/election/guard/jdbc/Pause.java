package io.mandate.election.guard.jdbc;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Stops the first writer that comes to a point between two statements, as SIGSTOP would. */
final class Pause implements SpiedDataSource.Spy {
    enum Point {
        BEFORE_FENCE,
        AFTER_FENCE,
        BEFORE_COMMIT
    }

    private final Point point;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch resumed = new CountDownLatch(1);

    Pause(Point point) {
        this.point = point;
    }

    @Override
    public void before(String what) {
        if ((point == Point.BEFORE_FENCE && isFence(what)) || (point == Point.BEFORE_COMMIT && what.equals("commit"))) {
            stand();
        }
    }

    @Override
    public void after(String what) {
        if (point == Point.AFTER_FENCE && isFence(what)) {
            stand();
        }
    }

    private static boolean isFence(String what) {
        return what.contains("UPDATE mandate_fence");
    }

    void stand() {
        reached.countDown();
        await(resumed);
    }

    void awaitReached() {
        await(reached);
    }

    void resume() {
        resumed.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("not reached in 30 s");
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}

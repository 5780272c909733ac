package io.mandate.election.transcript;

import io.mandate.election.internal.time.Moment;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Virtual time: actions run at their moments, and in the order of planning at the same moment. */
final class Timeline {
    private static final long MILLI = 1_000_000;

    private record Planned(long atMillis, long number, Runnable action) {}

    private final PriorityQueue<Planned> planned =
            new PriorityQueue<>(Comparator.comparingLong(Planned::atMillis).thenComparingLong(Planned::number));
    private long nowMillis;
    private long number;

    long nowMillis() {
        return nowMillis;
    }

    Moment now() {
        return new Moment(nowMillis * MILLI, nowMillis * MILLI);
    }

    void plan(long afterMillis, Runnable action) {
        planned.add(new Planned(nowMillis + Math.max(0, afterMillis), number++, action));
    }

    /** Runs until this long after now. */
    void run(long millis) {
        long end = nowMillis + millis;
        while (!planned.isEmpty() && planned.peek().atMillis <= end) {
            Planned next = planned.remove();
            nowMillis = next.atMillis;
            next.action.run();
        }
        nowMillis = end;
    }
}

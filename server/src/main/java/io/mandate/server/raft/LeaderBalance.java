package io.mandate.server.raft;

import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * Decides which of the groups that this node leads goes to the member that should lead it. Every node decides for
 * itself, so nobody has to be asked and no two nodes move the same group. Not thread-safe; it is handed the time and
 * does nothing itself.
 *
 * <p>Group g should be led by the member at place g modulo their number, in the order of addresses: with G groups and M
 * members each leads G/M of them, give or take one, and what a member leads does not depend on how the last elections
 * went. Every move costs the group some milliseconds without a leader, so:
 *
 * <ul>
 *   <li>one at a time, and a pause after each;
 *   <li>only when this node has led the group, and been connected to the other, for {@link #SETTLED_NANOS} without a
 *       break: after an election, or when a node returns, things are left alone first;
 *   <li>a group that comes back, or will not go, is tried after {@link #WAIT_NANOS_MIN}, then after twice that and so
 *       on, up to {@link #WAIT_NANOS_MAX}: a member that cannot hold leadership is not offered it for ever.
 * </ul>
 */
final class LeaderBalance {
    static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(3);
    static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    static final long WAIT_NANOS_MIN = TimeUnit.SECONDS.toNanos(10);
    static final long WAIT_NANOS_MAX = TimeUnit.MINUTES.toNanos(10);

    /** How a group stands: whether it could go to another that should lead it. */
    record View(boolean leads, boolean isOthers, boolean isOtherConnected) {
        boolean couldGo() {
            return leads && isOthers && isOtherConnected;
        }
    }

    private static final class Seen {
        boolean couldGo;
        long couldGoSinceNanos;
        boolean tried;
        long triedNanos;
        long waitNanos = WAIT_NANOS_MIN;
    }

    private final Seen[] seen;
    private boolean moving;
    private boolean moved;
    private long movedNanos;

    LeaderBalance(int groups) {
        seen = new Seen[groups];
        for (int group = 0; group < groups; group++) {
            seen[group] = new Seen();
        }
    }

    /** The place among {@code members} of the one that should lead a group. */
    static int place(int group, int members) {
        return group % members;
    }

    /**
     * The group that is to go now, if any; {@link #ended} says when it is done. To be called several times a second:
     * what happens between two calls is not seen.
     *
     * @param views of all groups, by number
     */
    OptionalInt next(long nowNanos, List<View> views) {
        for (int group = 0; group < seen.length; group++) {
            note(seen[group], views.get(group), nowNanos);
        }
        if (moving || (moved && nowNanos - movedNanos < PAUSE_NANOS)) {
            return OptionalInt.empty();
        }
        for (int group = 0; group < seen.length; group++) {
            if (isDue(seen[group], nowNanos)) {
                moving = true;
                return OptionalInt.of(group);
            }
        }
        return OptionalInt.empty();
    }

    private static void note(Seen seen, View view, long nowNanos) {
        if (view.couldGo() && !seen.couldGo) {
            seen.couldGoSinceNanos = nowNanos;
        }
        seen.couldGo = view.couldGo();
        if (seen.tried && !view.leads() && nowNanos - seen.triedNanos > WAIT_NANOS_MAX) {
            seen.tried = false;
            seen.waitNanos = WAIT_NANOS_MIN;
        }
    }

    private static boolean isDue(Seen seen, long nowNanos) {
        return seen.couldGo
                && nowNanos - seen.couldGoSinceNanos >= SETTLED_NANOS
                && (!seen.tried || nowNanos - seen.triedNanos >= seen.waitNanos);
    }

    /** What {@link #next} named has gone, or would not. */
    void ended(int group, long nowNanos) {
        Seen tried = seen[group];
        if (tried.tried) {
            tried.waitNanos = Math.min(WAIT_NANOS_MAX, 2 * tried.waitNanos);
        }
        tried.tried = true;
        tried.triedNanos = nowNanos;
        moving = false;
        moved = true;
        movedNanos = nowNanos;
    }
}

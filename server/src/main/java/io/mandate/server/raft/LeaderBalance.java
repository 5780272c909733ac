package io.mandate.server.raft;

import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * Decides which of the groups that this node leads moves to its preferred leader. Every node decides for itself,
 * without communication, and no two nodes move the same group. Pure: time is an argument. Not thread-safe.
 *
 * <p>The preferred leader of group g is the member at position g modulo the number of members, in the order of
 * addresses: with G groups and M members each leads G/M of them, give or take one, whatever the last elections resulted
 * in. Every move costs the group some milliseconds without a leader, so:
 *
 * <ul>
 *   <li>one at a time, with a pause after each;
 *   <li>only when this node has led the group, and has been connected to the preferred leader, for
 *       {@link #SETTLED_NANOS} without interruption: no moves right after an election or a restart;
 *   <li>a group that returns, or fails to move, is retried after {@link #WAIT_NANOS_MIN}, then after twice that and so
 *       on, up to {@link #WAIT_NANOS_MAX}, so that a member that cannot keep leadership is not offered it for ever.
 * </ul>
 */
final class LeaderBalance {
    static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(3);
    static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    static final long WAIT_NANOS_MIN = TimeUnit.SECONDS.toNanos(10);
    static final long WAIT_NANOS_MAX = TimeUnit.MINUTES.toNanos(10);

    /** Whether a group can move to its preferred leader. */
    record GroupView(boolean leads, boolean isOthers, boolean isOtherConnected) {
        boolean isMovable() {
            return leads && isOthers && isOtherConnected;
        }
    }

    private static final class GroupState {
        boolean movable;
        long movableSinceNanos;
        boolean tried;
        long triedNanos;
        long waitNanos = WAIT_NANOS_MIN;
    }

    private final GroupState[] states;
    private boolean moving;
    private boolean moved;
    private long movedNanos;

    LeaderBalance(int groups) {
        states = new GroupState[groups];
        for (int group = 0; group < groups; group++) {
            states[group] = new GroupState();
        }
    }

    /** The position of a group's preferred leader among {@code members}. */
    static int preferredPosition(int group, int members) {
        return group % members;
    }

    /**
     * Returns the group to move now, if any; {@link #ended} reports the end of the move. Must be called several times a
     * second: changes between two calls are not seen.
     *
     * @param views of all groups, by number
     */
    OptionalInt next(long nowNanos, List<GroupView> views) {
        for (int group = 0; group < states.length; group++) {
            update(states[group], views.get(group), nowNanos);
        }
        if (moving || (moved && nowNanos - movedNanos < PAUSE_NANOS)) {
            return OptionalInt.empty();
        }
        for (int group = 0; group < states.length; group++) {
            if (isDue(states[group], nowNanos)) {
                moving = true;
                return OptionalInt.of(group);
            }
        }
        return OptionalInt.empty();
    }

    private static void update(GroupState state, GroupView view, long nowNanos) {
        if (view.isMovable() && !state.movable) {
            state.movableSinceNanos = nowNanos;
        }
        state.movable = view.isMovable();
        if (state.tried && !view.leads() && nowNanos - state.triedNanos > WAIT_NANOS_MAX) {
            state.tried = false;
            state.waitNanos = WAIT_NANOS_MIN;
        }
    }

    private static boolean isDue(GroupState state, long nowNanos) {
        return state.movable
                && nowNanos - state.movableSinceNanos >= SETTLED_NANOS
                && (!state.tried || nowNanos - state.triedNanos >= state.waitNanos);
    }

    /** The move that {@link #next} started has succeeded or failed. */
    void ended(int group, long nowNanos) {
        GroupState tried = states[group];
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

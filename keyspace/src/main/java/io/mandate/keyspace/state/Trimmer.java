package io.mandate.keyspace.state;

import io.mandate.keyspace.index.Version;

/**
 * Removes what a compaction has superseded, a few history entries at a time. Used by the writer alone.
 *
 * <p>The history up to the compacted revision names exactly the keys that may have superseded data, so nothing is ever
 * searched for: each entry lets go of what is older than itself; a tombstone that is still the newest of its key goes
 * with the key. Entries below the compacted revision are then dropped; those at it stay, because it can still be read
 * and watched from. Work is in proportion to what was written.
 */
public final class Trimmer {
    private final State state;

    /** The next entry to look at, once {@link State#cutRevision()} is the goal of the pass. */
    private long position;

    public Trimmer(State state) {
        this.state = state;
    }

    /** Takes {@code stepsMax} steps at most; whether there is more that could be done now. */
    public boolean trim(int stepsMax) {
        if (state.cutRevision() == state.trimmedRevision() && !startPass()) {
            return false;
        }
        long goal = state.cutRevision();
        for (int step = 0; step < stepsMax; step++) {
            Version version = state.history.at(position);
            if (version == null || version.modRevision() > goal) {
                state.trimmedRevision(goal);
                return goalOfNextPass() > goal;
            }
            cut(version, goal);
            position++;
        }
        return true;
    }

    private boolean startPass() {
        long before = state.cutRevision();
        if (goalOfNextPass() <= before) {
            return false;
        }
        // Announce, then look for pins again: see Pins.
        state.cutRevision(state.compactedRevision());
        long goal = Math.max(before, goalOfNextPass());
        state.cutRevision(goal);
        position = state.history.first();
        return goal > before;
    }

    private long goalOfNextPass() {
        return Math.min(state.compactedRevision(), state.pins.lowest());
    }

    private void cut(Version version, long goal) {
        Version older = version.older();
        long freed = 0;
        if (older != null) {
            freed += older.sizeBytes();
            version.cutOlder();
        }
        if (version.modRevision() < goal) {
            if (version.isTombstone() && state.index.forget(version)) {
                freed += version.sizeBytes();
            }
            state.history.dropFirst();
        }
        state.sizes(state.sizeBytes() - freed, state.sizeInUseBytes());
    }
}

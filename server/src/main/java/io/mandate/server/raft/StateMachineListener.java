package io.mandate.server.raft;

import io.mandate.keyspace.Applied;
import java.util.List;

/**
 * Told what happens to a replica, in order, on the one thread that applies commands: implementations must return at
 * once.
 */
public interface StateMachineListener {

    /** A batch has been applied and its revisions are visible to readers. */
    default void applied(long term, List<Applied> batch) {}

    /** The keyspace was replaced by a leader's snapshot: what was derived from events before is to be derived anew. */
    default void restored() {}

    /** This node leads from now on, and has applied everything committed in earlier terms. */
    default void leadershipGained(long term) {}

    /** This node no longer leads. */
    default void leadershipLost() {}
}

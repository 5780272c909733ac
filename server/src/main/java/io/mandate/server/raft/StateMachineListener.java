package io.mandate.server.raft;

import io.mandate.keyspace.api.Applied;
import java.util.List;

/**
 * Notified of a replica's transitions, in order, on the thread that applies commands: implementations must return at
 * once.
 */
public interface StateMachineListener {

    /** A batch was applied; its revisions are visible to readers. */
    default void applied(long term, List<Applied> batch) {}

    /** The keyspace was replaced by a leader's snapshot: state derived from earlier events must be derived again. */
    default void restored() {}

    /** This node became the leader, and has applied everything committed in earlier terms. */
    default void leadershipGained(long term) {}

    /** This node no longer leads. */
    default void leadershipLost() {}
}

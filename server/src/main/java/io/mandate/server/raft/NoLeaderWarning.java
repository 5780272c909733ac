package io.mandate.server.raft;

import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns once that a group has had no leader for longer than an election takes, with the likely cause, and reports when
 * it has one again. Thread-safe.
 */
final class NoLeaderWarning {
    private static final Logger LOG = LoggerFactory.getLogger(NoLeaderWarning.class);

    /** Longer than a leader change, also on a slow machine. */
    private static final long AFTER_NANOS_MIN = TimeUnit.SECONDS.toNanos(10);

    /** With a long election timeout, several of them: the first elections may end without a winner. */
    private static final int AFTER_ELECTION_TIMEOUTS = 4;

    private final int group;
    private final KnownLeader leadership;
    private final int members;
    private final IntSupplier connected;
    private final long afterNanos;
    private boolean leaderless;
    private boolean warned;
    private long sinceNanos;

    /**
     * Creates the warning of a group.
     *
     * @param members the number of members, including this one
     * @param connected the number of members that are connected now, including this one
     */
    NoLeaderWarning(int group, KnownLeader leadership, int members, IntSupplier connected, long electionTimeoutMillis) {
        this.group = group;
        this.leadership = leadership;
        this.members = members;
        this.connected = connected;
        this.afterNanos = Math.max(
                AFTER_NANOS_MIN, TimeUnit.MILLISECONDS.toNanos(AFTER_ELECTION_TIMEOUTS * electionTimeoutMillis));
    }

    /** Must be called periodically, from the start on. */
    synchronized void tick(long nowNanos) {
        Object leader = leadership.leader();
        if (leader != null) {
            if (warned) {
                LOG.info("leader-again group={} leader={} after-seconds={}", group, leader, seconds(nowNanos));
            }
            leaderless = false;
            warned = false;
        } else if (!leaderless) {
            leaderless = true;
            sinceNanos = nowNanos;
        } else if (!warned && nowNanos - sinceNanos >= afterNanos) {
            warned = true;
            LOG.warn(
                    "no-leader group={} for-seconds={} connected={}/{} reason=\"{}\"",
                    group,
                    seconds(nowNanos),
                    connected.getAsInt(),
                    members,
                    reason());
        }
    }

    private long seconds(long nowNanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nowNanos - sinceNanos);
    }

    private String reason() {
        int majority = members / 2 + 1;
        return connected.getAsInt() < majority
                ? "a majority is " + majority + " members: start the others, or repair the network between them;"
                        + " peer-refused or peer-rejected in a log means that their settings differ"
                : "a majority is connected but elects no leader: check the logs of all members for errors, and for a"
                        + " disk or a machine that stalls for longer than --election-timeout";
    }
}

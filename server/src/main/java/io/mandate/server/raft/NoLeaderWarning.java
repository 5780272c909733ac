package io.mandate.server.raft;

import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the operator, once, that a group has had no leader for longer than an election takes, with what to look at, and
 * when it has one again. Thread-safe.
 */
final class NoLeaderWarning {
    private static final Logger LOG = LoggerFactory.getLogger(NoLeaderWarning.class);

    /** Elections that change the leader are over by then, also on a slow machine. */
    private static final long AFTER_NANOS_MIN = TimeUnit.SECONDS.toNanos(10);

    /** And with a long time-out after several elections, of which the first ones may end without a winner. */
    private static final int AFTER_ELECTION_TIMEOUTS = 4;

    private final int group;
    private final KnownLeader leadership;
    private final int members;
    private final IntSupplier connected;
    private final long afterNanos;
    private boolean absent;
    private boolean warned;
    private long sinceNanos;

    /**
     * Watches a group.
     *
     * @param members how many there are, with this one
     * @param connected how many of them are connected now, with this one
     */
    NoLeaderWarning(int group, KnownLeader leadership, int members, IntSupplier connected, long electionTimeoutMillis) {
        this.group = group;
        this.leadership = leadership;
        this.members = members;
        this.connected = connected;
        this.afterNanos = Math.max(
                AFTER_NANOS_MIN, TimeUnit.MILLISECONDS.toNanos(AFTER_ELECTION_TIMEOUTS * electionTimeoutMillis));
    }

    /** To be called again and again, from the start on. */
    synchronized void tick(long nowNanos) {
        Object leader = leadership.leader();
        if (leader != null) {
            if (warned) {
                LOG.info("leader-again group={} leader={} after-seconds={}", group, leader, seconds(nowNanos));
            }
            absent = false;
            warned = false;
        } else if (!absent) {
            absent = true;
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
                ? "a majority is " + majority + " members: start the others, or see to the network between them;"
                        + " peer-refused or peer-rejected in a log means that their settings differ"
                : "a majority is connected but elects nobody: look in the logs of all members for errors, and for a"
                        + " disk or a machine that stalls for longer than --election-timeout";
    }
}

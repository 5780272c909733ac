package io.mandate.server.etcd;

import io.mandate.keyspace.Alarm;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.RequestCodec;
import io.mandate.server.raft.Replica;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses what would grow the data beyond the quota, and raises the alarm by which all members refuse it. Thread-safe.
 */
final class SpaceQuota {
    private static final Logger LOG = LoggerFactory.getLogger(SpaceQuota.class);

    private final Replica replica;
    private final long quotaBytes;

    SpaceQuota(Replica replica, long quotaBytes) {
        this.replica = replica;
        this.quotaBytes = quotaBytes;
    }

    long quotaBytes() {
        return quotaBytes;
    }

    /** Throws NO_SPACE if there is no room for the request. */
    void reserve(Request request) {
        long sizeBytes = replica.keyspace().sizeBytes();
        if (sizeBytes + RequestCodec.size(request) <= quotaBytes) {
            return;
        }
        Alarm alarm = new Alarm(replica.status().memberId(), Alarm.Kind.NO_SPACE);
        if (!replica.keyspace().alarms().contains(alarm)) {
            LOG.error("quota-exceeded size-bytes={} quota-bytes={}", sizeBytes, quotaBytes);
            replica.propose(Request.of(new Command.SetAlarm(alarm, true)));
        }
        throw EtcdErrors.NO_SPACE.asRuntimeException();
    }
}

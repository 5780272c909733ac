package io.mandate.server.etcd.call;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.server.raft.Replica;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses requests that would grow the data beyond the quota, and raises the alarm on which all members refuse them.
 * Thread-safe.
 */
public final class SpaceQuota {
    private static final Logger LOG = LoggerFactory.getLogger(SpaceQuota.class);

    private final Replica replica;
    private final long quotaBytes;

    public SpaceQuota(Replica replica, long quotaBytes) {
        this.replica = replica;
        this.quotaBytes = quotaBytes;
    }

    long quotaBytes() {
        return quotaBytes;
    }

    /**
     * Checks the quota before {@code request} is proposed.
     *
     * @throws io.grpc.StatusRuntimeException with {@link EtcdErrors#NO_SPACE} if the quota would be exceeded
     */
    public void ensureSpace(Request request) {
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

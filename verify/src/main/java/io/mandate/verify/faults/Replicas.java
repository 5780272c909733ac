package io.mandate.verify.faults;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.mandate.etcdapi.HashKVRequest;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.verify.process.ClusterNode;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Whether the replicas of one group agree. */
final class Replicas {
    private static final long REQUEST_SECONDS_MAX = 20;
    private static final ByteString ANY_KEY = ByteString.copyFromUtf8("k");

    private Replicas() {}

    /** The group's revision, by a linearizable read at the leader. */
    static long currentRevision(GroupStore store) {
        return currentRevision(store.channel(store.awaitLeader()));
    }

    /** The hashes of all nodes at this revision: one if they agree. All nodes must run. */
    static Set<Integer> hashes(GroupStore store, long revision) {
        Set<Integer> hashes = new HashSet<>();
        for (ClusterNode node : store.cluster().nodes()) {
            // A linearizable read makes the node apply what it lags behind.
            long reached = currentRevision(store.channel(node));
            if (reached < revision) {
                throw new IllegalStateException(
                        node + " is at revision " + reached + " after a linearizable read, not yet at " + revision);
            }
            hashes.add(MaintenanceGrpc.newBlockingStub(store.channel(node))
                    .withDeadlineAfter(REQUEST_SECONDS_MAX, TimeUnit.SECONDS)
                    .hashKV(HashKVRequest.newBuilder().setRevision(revision).build())
                    .getHash());
        }
        return hashes;
    }

    private static long currentRevision(Channel channel) {
        return KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(REQUEST_SECONDS_MAX, TimeUnit.SECONDS)
                .range(RangeRequest.newBuilder()
                        .setKey(ANY_KEY)
                        .setCountOnly(true)
                        .build())
                .getHeader()
                .getRevision();
    }
}

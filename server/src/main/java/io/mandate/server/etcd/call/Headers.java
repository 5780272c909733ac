package io.mandate.server.etcd.call;

import io.mandate.etcdapi.ResponseHeader;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicaStatus;

/** Builds response headers: the cluster and member ids, the Raft term, and the revision. Thread-safe. */
public final class Headers {
    private final Replica replica;
    private final ResponseHeader identity;

    public Headers(Replica replica) {
        this.replica = replica;
        ReplicaStatus status = replica.status();
        this.identity = ResponseHeader.newBuilder()
                .setClusterId(status.clusterId())
                .setMemberId(status.memberId())
                .build();
    }

    public ResponseHeader at(long revision) {
        return identity.toBuilder()
                .setRevision(revision)
                .setRaftTerm(replica.term())
                .build();
    }

    /** The header of a response that is not read from the keyspace, at the current revision. */
    public ResponseHeader now() {
        return at(replica.keyspace().revision());
    }
}

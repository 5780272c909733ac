package io.mandate.server.etcd;

import io.mandate.etcdapi.ResponseHeader;
import io.mandate.server.raft.Replica;
import io.mandate.server.raft.ReplicaStatus;

/** Makes the header of answers: who says it, in which term, at which revision. Thread-safe. */
final class Headers {
    private final Replica replica;
    private final ResponseHeader identity;

    Headers(Replica replica) {
        this.replica = replica;
        ReplicaStatus status = replica.status();
        this.identity = ResponseHeader.newBuilder()
                .setClusterId(status.clusterId())
                .setMemberId(status.memberId())
                .build();
    }

    ResponseHeader at(long revision) {
        return identity.toBuilder()
                .setRevision(revision)
                .setRaftTerm(replica.term())
                .build();
    }

    /** The header of an answer that does not come from data, at the revision of the moment. */
    ResponseHeader now() {
        return at(replica.keyspace().revision());
    }
}

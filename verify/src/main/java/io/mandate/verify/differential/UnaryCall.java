package io.mandate.verify.differential;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.mandate.etcdapi.ClusterGrpc;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.election.ElectionGrpc;
import io.mandate.etcdapi.lock.LockGrpc;

/**
 * The unary calls that are compared. Hash and HashKV are not: their values need only agree among the members of one
 * cluster.
 */
enum UnaryCall {
    RANGE(KVGrpc.getRangeMethod()),
    PUT(KVGrpc.getPutMethod()),
    DELETE_RANGE(KVGrpc.getDeleteRangeMethod()),
    TXN(KVGrpc.getTxnMethod()),
    COMPACT(KVGrpc.getCompactMethod()),
    LEASE_GRANT(LeaseGrpc.getLeaseGrantMethod()),
    LEASE_REVOKE(LeaseGrpc.getLeaseRevokeMethod()),
    LEASE_TIME_TO_LIVE(LeaseGrpc.getLeaseTimeToLiveMethod()),
    LEASE_LEASES(LeaseGrpc.getLeaseLeasesMethod()),
    CAMPAIGN(ElectionGrpc.getCampaignMethod()),
    PROCLAIM(ElectionGrpc.getProclaimMethod()),
    LEADER(ElectionGrpc.getLeaderMethod()),
    RESIGN(ElectionGrpc.getResignMethod()),
    LOCK(LockGrpc.getLockMethod()),
    UNLOCK(LockGrpc.getUnlockMethod()),
    MEMBER_LIST(ClusterGrpc.getMemberListMethod()),
    STATUS(MaintenanceGrpc.getStatusMethod()),
    ALARM(MaintenanceGrpc.getAlarmMethod());

    // The constants are read only through method(), whose callers always pair a call with its own request type.
    @SuppressWarnings("ImmutableEnumChecker")
    private final MethodDescriptor<? extends Message, ? extends Message> method;

    UnaryCall(MethodDescriptor<? extends Message, ? extends Message> method) {
        this.method = method;
    }

    // The marshallers of generated protobuf methods take any message to write and give their own type, which is a
    // Message.
    @SuppressWarnings("unchecked")
    MethodDescriptor<Message, Message> method() {
        return (MethodDescriptor<Message, Message>) method;
    }
}

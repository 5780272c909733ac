package io.mandate.server.etcd.maintenance;

import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.ClusterGrpc;
import io.mandate.etcdapi.Member;
import io.mandate.etcdapi.MemberListRequest;
import io.mandate.etcdapi.MemberListResponse;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.UnaryResponses;
import io.mandate.server.raft.Replica;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;

/** The Cluster service: lists the members. Changing them is not implemented. */
public final class ClusterService extends ClusterGrpc.ClusterImplBase {
    private final Replica replica;
    private final Headers headers;

    public ClusterService(Replica replica, Headers headers) {
        this.replica = replica;
        this.headers = headers;
    }

    @Override
    public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> responses) {
        CompletableFuture<Void> ready =
                request.getLinearizable() ? replica.readBarrier() : CompletableFuture.completedFuture(null);
        UnaryResponses.send(ready, responses, read -> {
            MemberListResponse.Builder response =
                    MemberListResponse.newBuilder().setHeader(headers.at(0));
            replica.keyspace().members().stream()
                    .sorted(Comparator.comparing(io.mandate.keyspace.api.Member::id, Long::compareUnsigned))
                    .forEach(member -> response.addMembers(Member.newBuilder()
                            .setID(member.id())
                            .setName(member.name())
                            .addAllPeerURLs(member.peerUrls())
                            .addAllClientURLs(member.clientUrls())));
            return response.build();
        });
    }
}

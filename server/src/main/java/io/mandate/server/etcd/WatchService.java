package io.mandate.server.etcd;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;

/** The Watch service: one conversation a stream. */
final class WatchService extends WatchGrpc.WatchImplBase {
    private final WatchHub hub;
    private final Replica replica;
    private final Headers headers;
    private final int fragmentBytesMax;
    private final RequireLeaderStreams needLeader;

    WatchService(
            WatchHub hub, Replica replica, Headers headers, RequireLeaderStreams needLeader, int fragmentBytesMax) {
        this.hub = hub;
        this.replica = replica;
        this.headers = headers;
        this.needLeader = needLeader;
        this.fragmentBytesMax = fragmentBytesMax;
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
        WatchCall conversation =
                new WatchCall((ServerCallStreamObserver<WatchResponse>) responses, replica, headers, fragmentBytesMax);
        conversation.open(hub);
        needLeader.add(conversation);
        return conversation;
    }
}

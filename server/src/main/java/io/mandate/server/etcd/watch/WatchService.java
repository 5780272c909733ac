package io.mandate.server.etcd.watch;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.RequireLeaderStreams;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;

/** The Watch service: one {@link WatchCall} per stream. */
public final class WatchService extends WatchGrpc.WatchImplBase {
    private final WatchHub hub;
    private final Replica replica;
    private final Headers headers;
    private final int fragmentBytesMax;
    private final RequireLeaderStreams requireLeaderStreams;

    public WatchService(
            WatchHub hub,
            Replica replica,
            Headers headers,
            RequireLeaderStreams requireLeaderStreams,
            int fragmentBytesMax) {
        this.hub = hub;
        this.replica = replica;
        this.headers = headers;
        this.requireLeaderStreams = requireLeaderStreams;
        this.fragmentBytesMax = fragmentBytesMax;
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
        WatchCall call =
                new WatchCall((ServerCallStreamObserver<WatchResponse>) responses, replica, headers, fragmentBytesMax);
        call.open(hub);
        requireLeaderStreams.add(call);
        return call;
    }
}

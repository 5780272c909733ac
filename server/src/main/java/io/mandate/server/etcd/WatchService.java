package io.mandate.server.etcd;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The Watch service: one conversation a stream. */
final class WatchService extends WatchGrpc.WatchImplBase {
    private static final int CHECKS_WITHOUT_LEADER_MAX = 3;

    private final WatchHub hub;
    private final Replica replica;
    private final Headers headers;
    private final int fragmentBytesMax;
    private final Set<WatchConversation> needLeader = ConcurrentHashMap.newKeySet();
    private int checksWithoutLeader;

    WatchService(WatchHub hub, Replica replica, Headers headers, int fragmentBytesMax) {
        this.hub = hub;
        this.replica = replica;
        this.headers = headers;
        this.fragmentBytesMax = fragmentBytesMax;
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
        WatchConversation conversation = new WatchConversation(
                (ServerCallStreamObserver<WatchResponse>) responses, replica, headers, fragmentBytesMax);
        conversation.open(hub);
        if (RequestMetadata.requiresLeader()) {
            needLeader.add(conversation);
            conversation.whenClosed(() -> needLeader.remove(conversation));
        }
        return conversation;
    }

    /**
     * Ends the streams of clients that asked for it once there has been no leader for three calls in a row. To be called once per election time-out,
     * by one thread.
     */
    void checkLeader() {
        checksWithoutLeader = replica.status().hasLeader() ? 0 : checksWithoutLeader + 1;
        if (checksWithoutLeader >= CHECKS_WITHOUT_LEADER_MAX) {
            needLeader.forEach(
                    conversation -> conversation.fail(Status.UNAVAILABLE.withDescription("etcdserver: no leader")));
        }
    }
}

package io.mandate.server.etcd.recipes;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.mandate.etcdapi.election.LeaderResponse;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.etcd.call.RequireLeaderStreams;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import io.mandate.server.watch.WatchSink;
import io.mandate.server.watch.WatchSpec;
import io.mandate.server.watch.WatchStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Streams the leader of an election to one client, from now on: every new leader, and every value that the leader
 * proclaims. Follows the history of the candidates' keys, so that no change is missed; the successor of a leader whose
 * key was deleted is read at the revision of the deletion.
 */
final class ObserveCall implements WatchSink, RequireLeaderStreams.Stream {
    /** Builds the response for a leader at a revision. */
    interface ResponseFactory {
        LeaderResponse create(long revision, KeyValue leader);
    }

    private final ServerCallStreamObserver<LeaderResponse> responses;
    private final Replica replica;
    private final ResponseFactory responseFactory;
    private final KeyRange candidates;
    private final WatchStream stream;
    private @Nullable Bytes leaderKey;
    private boolean ended;

    /**
     * Takes over the call. Must be created before the service method returns: a call's handlers cannot be set later.
     */
    ObserveCall(
            ServerCallStreamObserver<LeaderResponse> responses,
            Replica replica,
            WatchHub hub,
            ResponseFactory responseFactory,
            KeyRange candidates) {
        this.responses = responses;
        this.replica = replica;
        this.responseFactory = responseFactory;
        this.candidates = candidates;
        this.stream = hub.open(this);
        responses.setOnCancelHandler(stream::close);
        responses.setOnReadyHandler(stream::resumed);
    }

    /** Sends the current leader, if any, and starts to watch. */
    void start(Outcome.Ranged now) {
        publish(now.revision(), Recipes.first(now));
        if (!stream.create(0, new WatchSpec(candidates, now.revision() + 1, false, true, true, false))) {
            end("etcdserver: too many requests");
        }
        if (responses.isCancelled()) {
            stream.close();
        }
    }

    private void publish(long revision, @Nullable KeyValue leader) {
        leaderKey = leader == null ? null : leader.key();
        synchronized (this) {
            if (leader != null && !ended && !responses.isCancelled()) {
                responses.onNext(responseFactory.create(revision, leader));
            }
        }
    }

    @Override
    public boolean isReady() {
        return responses.isReady();
    }

    @Override
    public void events(long watchId, long revision, List<Event> events) {
        for (Event event : events) {
            KeyValue changed = event.keyValue();
            boolean put = event.type() == Event.Type.PUT;
            if (put && (leaderKey == null || changed.key().equals(leaderKey))) {
                publish(event.revision(), changed);
            } else if (!put && leaderKey != null && changed.key().equals(leaderKey)) {
                publish(event.revision(), firstAt(event.revision()));
            }
        }
    }

    private @Nullable KeyValue firstAt(long revision) {
        TxnOperation.Range first = Recipes.firstCreated(candidates);
        Outcome outcome = replica.keyspace()
                .range(new TxnOperation.Range(
                        candidates, revision, 1, first.sortOrder(), first.sortTarget(), false, false, 0, 0, 0, 0));
        return Recipes.first(
                outcome instanceof Outcome.Ranged ? outcome : replica.keyspace().range(first));
    }

    /** The next events were compacted; the client must observe again. */
    @Override
    public void compacted(long watchId, long compactedRevision) {
        end("etcdserver: mvcc: required revision has been compacted");
    }

    private void end(String reason) {
        fail(Status.UNKNOWN.withDescription(reason));
    }

    @Override
    public void fail(Status status) {
        stream.close();
        synchronized (this) {
            if (!ended) {
                ended = true;
                responses.onError(status.asRuntimeException());
            }
        }
    }

    @Override
    public void created(long watchId, long storeRevision) {}

    @Override
    public void progress(long watchId, long revision) {}

    @Override
    public void streamProgress(long revision) {}

    @Override
    public void canceled(long watchId, long storeRevision) {}
}

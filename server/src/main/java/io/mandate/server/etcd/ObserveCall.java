package io.mandate.server.etcd;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.mandate.etcdapi.election.LeaderResponse;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import io.mandate.server.watch.WatchSink;
import io.mandate.server.watch.WatchSpec;
import io.mandate.server.watch.WatchStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells one client who leads an election, from now on: every value the leader proclaims, and every new leader. Follows
 * the candidates' keys through history, so nothing is missed; who leads after a leader's key is gone is asked of that
 * same revision.
 */
final class ObserveCall implements WatchSink, RequireLeaderStreams.Stream {
    /** Makes an answer for a leader at a revision. */
    interface Answer {
        LeaderResponse of(long revision, KeyValue leader);
    }

    private final ServerCallStreamObserver<LeaderResponse> responses;
    private final Replica replica;
    private final Answer answer;
    private final KeyRange candidates;
    private final WatchStream stream;
    private @Nullable Bytes leaderKey;
    private boolean ended;

    /**
     * Takes the call over; to be made before the service returns, which is the last moment for a call's handlers to be
     * set.
     */
    ObserveCall(
            ServerCallStreamObserver<LeaderResponse> responses,
            Replica replica,
            WatchHub hub,
            Answer answer,
            KeyRange candidates) {
        this.responses = responses;
        this.replica = replica;
        this.answer = answer;
        this.candidates = candidates;
        this.stream = hub.open(this);
        responses.setOnCancelHandler(stream::close);
        responses.setOnReadyHandler(stream::resumed);
    }

    /** Begins with who leads now, if anybody. */
    void begin(Outcome.Ranged now) {
        lead(now.revision(), Recipes.first(now));
        if (!stream.create(0, new WatchSpec(candidates, now.revision() + 1, false, true, true, false))) {
            end("etcdserver: too many requests");
        }
        if (responses.isCancelled()) {
            stream.close();
        }
    }

    private void lead(long revision, @Nullable KeyValue leader) {
        leaderKey = leader == null ? null : leader.key();
        synchronized (this) {
            if (leader != null && !ended && !responses.isCancelled()) {
                responses.onNext(answer.of(revision, leader));
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
                lead(event.revision(), changed);
            } else if (!put && leaderKey != null && changed.key().equals(leaderKey)) {
                lead(event.revision(), firstAt(event.revision()));
            }
        }
    }

    private @Nullable KeyValue firstAt(long revision) {
        TxnOperation.Range first = Recipes.firstCreated(candidates);
        Outcome then = replica.keyspace()
                .range(new TxnOperation.Range(
                        candidates, revision, 1, first.sortOrder(), first.sortTarget(), false, false, 0, 0, 0, 0));
        return Recipes.first(
                then instanceof Outcome.Ranged ? then : replica.keyspace().range(first));
    }

    /** Compaction has taken what came next; the client observes anew. */
    @Override
    public void overtaken(long watchId, long compactedRevision) {
        end("etcdserver: mvcc: required revision has been compacted");
    }

    private void end(String reason) {
        fail(Status.UNKNOWN.withDescription(reason));
    }

    @Override
    public void fail(Status why) {
        stream.close();
        synchronized (this) {
            if (!ended) {
                ended = true;
                responses.onError(why.asRuntimeException());
            }
        }
    }

    @Override
    public void created(long watchId, long storeRevision) {}

    @Override
    public void progress(long watchId, long revision) {}

    @Override
    public void progressOfAll(long revision) {}

    @Override
    public void canceled(long watchId, long storeRevision) {}
}

package io.mandate.server.etcd.watch;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchCreateRequest.FilterType;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.server.etcd.call.Headers;
import io.mandate.server.etcd.call.RequireLeaderStreams;
import io.mandate.server.etcd.call.ResponseTranslation;
import io.mandate.server.raft.Replica;
import io.mandate.server.watch.WatchHub;
import io.mandate.server.watch.WatchSink;
import io.mandate.server.watch.WatchSpec;
import io.mandate.server.watch.WatchStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One watch stream: assigns ids and translates the hub's notifications to messages. Requests arrive on the connection's
 * thread, notifications on the hub's; both send under this object's lock. While a client does not read its responses,
 * no requests are read from it.
 */
final class WatchCall implements StreamObserver<WatchRequest>, WatchSink, RequireLeaderStreams.Stream {
    private static final long NO_ID = -1;
    private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";
    private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
    private static final String COMPACTED = "etcdserver: mvcc: required revision has been compacted";

    private final ServerCallStreamObserver<WatchResponse> responses;
    private final Replica replica;
    private final Headers headers;
    private final int fragmentBytesMax;

    /** The ids in use, each with whether its watcher requested fragments. */
    private final Map<Long, Boolean> fragmentById = new ConcurrentHashMap<>();

    private @Nullable WatchStream stream;
    private long nextId;
    private boolean requestPending;
    private boolean ended;

    WatchCall(
            ServerCallStreamObserver<WatchResponse> responses, Replica replica, Headers headers, int fragmentBytesMax) {
        this.responses = responses;
        this.replica = replica;
        this.headers = headers;
        this.fragmentBytesMax = fragmentBytesMax;
    }

    void open(WatchHub hub) {
        WatchStream opened = hub.open(this);
        stream = opened;
        responses.disableAutoRequest();
        responses.setOnCancelHandler(this::close);
        responses.setOnReadyHandler(() -> {
            opened.resumed();
            requestNext();
        });
        responses.request(1);
    }

    private void close() {
        WatchStream opened = stream;
        if (opened != null) {
            opened.close();
        }
    }

    private synchronized void requestNext() {
        if (requestPending && responses.isReady()) {
            requestPending = false;
            responses.request(1);
        }
    }

    @Override
    public void onNext(WatchRequest request) {
        WatchStream watches = Objects.requireNonNull(stream);
        switch (request.getRequestUnionCase()) {
            case CREATE_REQUEST -> create(watches, request.getCreateRequest());
            case CANCEL_REQUEST -> watches.cancel(request.getCancelRequest().getWatchId());
            case PROGRESS_REQUEST -> watches.requestProgress();
            case REQUESTUNION_NOT_SET -> {}
        }
        synchronized (this) {
            requestPending = true;
        }
        requestNext();
    }

    private void create(WatchStream watches, WatchCreateRequest request) {
        KeyRange keys = new KeyRange(
                request.getKey().isEmpty()
                        ? Bytes.ZERO
                        : Bytes.owning(request.getKey().toByteArray()),
                Bytes.owning(request.getRangeEnd().toByteArray()));
        if (request.getStartRevision() < 0) {
            refuse(COMPACTED);
            return;
        }
        if (keys.isEmpty()) {
            refuse(EMPTY_RANGE);
            return;
        }
        long id = request.getWatchId();
        if (id == 0) {
            while (fragmentById.containsKey(nextId)) {
                nextId++;
            }
            id = nextId++;
        } else if (fragmentById.containsKey(id)) {
            refuse(DUPLICATE_ID);
            return;
        }
        fragmentById.put(id, request.getFragment());
        WatchSpec spec = new WatchSpec(
                keys,
                request.getStartRevision(),
                request.getPrevKv(),
                !request.getFiltersList().contains(FilterType.NOPUT),
                !request.getFiltersList().contains(FilterType.NODELETE),
                request.getProgressNotify());
        if (!watches.create(id, spec)) {
            fragmentById.remove(id);
            refuse("etcdserver: too many requests: a stream may have "
                    + watches.limits().watchersPerStreamMax() + " watchers and this node "
                    + watches.limits().watchersMax());
        }
    }

    /** Reports a watcher that was not created. */
    private void refuse(String reason) {
        send(WatchResponse.newBuilder()
                .setHeader(headers.at(replica.keyspace().revision()))
                .setWatchId(NO_ID)
                .setCreated(true)
                .setCanceled(true)
                .setCancelReason(reason)
                .build());
    }

    private synchronized void send(WatchResponse response) {
        if (!ended && !responses.isCancelled()) {
            responses.onNext(response);
        }
    }

    @Override
    public void onError(Throwable failure) {
        close();
    }

    /** A half-closed stream still delivers events until the client cancels it, as with etcd. */
    @Override
    public void onCompleted() {}

    @Override
    public void fail(Status status) {
        close();
        synchronized (this) {
            if (!ended) {
                ended = true;
                responses.onError(status.asRuntimeException());
            }
        }
    }

    @Override
    public boolean isReady() {
        return responses.isReady();
    }

    @Override
    public void created(long watchId, long storeRevision) {
        send(WatchResponse.newBuilder()
                .setHeader(headers.at(storeRevision))
                .setWatchId(watchId)
                .setCreated(true)
                .build());
    }

    @Override
    public void events(long watchId, long revision, List<Event> events) {
        WatchResponse.Builder response =
                WatchResponse.newBuilder().setHeader(headers.at(revision)).setWatchId(watchId);
        events.forEach(event -> response.addEvents(ResponseTranslation.event(event)));
        WatchResponse complete = response.build();
        if (fragmentById.getOrDefault(watchId, false) && complete.getSerializedSize() > fragmentBytesMax) {
            sendFragments(complete);
        } else {
            send(complete);
        }
    }

    /** Splits a message between events; a single event is never split. */
    private void sendFragments(WatchResponse complete) {
        List<WatchResponse.Builder> fragments = new ArrayList<>();
        long bytes = Long.MAX_VALUE;
        for (io.mandate.etcdapi.Event event : complete.getEventsList()) {
            int size = event.getSerializedSize();
            if (fragments.isEmpty() || bytes + size > fragmentBytesMax) {
                fragments.add(complete.toBuilder().clearEvents().setFragment(true));
                bytes = 0;
            }
            fragments.get(fragments.size() - 1).addEvents(event);
            bytes += size;
        }
        fragments.get(fragments.size() - 1).setFragment(false);
        fragments.forEach(fragment -> send(fragment.build()));
    }

    @Override
    public void progress(long watchId, long revision) {
        send(WatchResponse.newBuilder()
                .setHeader(headers.at(revision))
                .setWatchId(watchId)
                .build());
    }

    @Override
    public void streamProgress(long revision) {
        progress(NO_ID, revision);
    }

    @Override
    public void canceled(long watchId, long storeRevision) {
        fragmentById.remove(watchId);
        send(WatchResponse.newBuilder()
                .setHeader(headers.at(storeRevision))
                .setWatchId(watchId)
                .setCanceled(true)
                .build());
    }

    @Override
    public void compacted(long watchId, long compactedRevision) {
        fragmentById.remove(watchId);
        send(WatchResponse.newBuilder()
                .setHeader(headers.at(0))
                .setWatchId(watchId)
                .setCanceled(true)
                .setCompactRevision(compactedRevision)
                .build());
    }
}

package io.mandate.cli.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A watch that outlives its streams. It knows the revision from which on it has seen nothing, and begins there again:
 * at the same member or another, whichever can serve. Streams ask for a leader, so that a member that loses it ends
 * them rather than fall silent.
 *
 * <p>A revision counts as seen when all its events have come. The store may send them in fragments; those of a revision
 * that may go on in the next fragment are kept until it has come, and forgotten if the stream breaks before. So what is
 * given to the caller has no gap, nothing twice, and no part of a revision. Used by one thread.
 */
final class ResumingWatch {
    /** One request, and answers without an end. */
    private static final MethodDescriptor<WatchRequest, WatchResponse> WATCH = WatchGrpc.getWatchMethod().toBuilder()
            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
            .build();

    /** For a stream that breaks as soon as it is opened. */
    private static final long PAUSE_MILLIS_MIN = 50;

    private static final long PAUSE_MILLIS_MAX = 1_000;

    private final StoreClient client;
    private final Keys.WireRange keys;
    private final Consumer<String> notices;
    private final List<Event> incomplete = new ArrayList<>();

    /** The first revision that has not been seen whole; 0 if it begins with what happens next. */
    private long next;

    private long pauseMillis = PAUSE_MILLIS_MIN;
    private boolean finished;

    /**
     * Prepares a watch.
     *
     * @param revision to begin with, or 0 for what happens from now on
     * @param notices told, a line at a time, when the watch waits, is interrupted, and goes on
     */
    ResumingWatch(StoreClient client, Keys.WireRange keys, long revision, Consumer<String> notices) {
        this.client = client;
        this.keys = keys;
        this.next = revision;
        this.notices = notices;
    }

    /**
     * Watches until the caller has enough.
     *
     * @param events given each event, and says whether to go on
     * @throws StatusRuntimeException if no store can be reached at first; OUT_OF_RANGE if what comes next has been
     *     compacted away; or with the store's refusal
     */
    void run(Predicate<Event> events) {
        boolean begun = false;
        boolean waited = false;
        while (!finished) {
            boolean[] unable = new boolean[1];
            StoreClient.Member member = client.awaitAble(begun, why -> {
                unable[0] = true;
                notices.accept("watch waits for a member that can serve it: " + why);
            });
            waited |= unable[0];
            if (waited) {
                notices.accept("watch goes on at " + member.address() + from());
            }
            begun = true;
            try {
                listen(member.channel(), events);
            } catch (StatusRuntimeException broken) {
                if (!isWorthResuming(broken.getStatus())) {
                    throw broken;
                }
                incomplete.clear();
                waited = true;
                notices.accept(
                        "watch interrupted, " + member.address() + ": " + MemberFailure.words(broken.getStatus()));
                pause();
            }
        }
    }

    private String from() {
        return next == 0 ? "" : " from revision " + next;
    }

    private void listen(Channel channel, Predicate<Event> events) {
        Iterator<WatchResponse> responses = ClientCalls.blockingServerStreamingCall(
                ClientInterceptors.intercept(channel, StoreClient.requiringLeader()),
                WATCH,
                CallOptions.DEFAULT,
                WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder()
                                .setKey(keys.key())
                                .setRangeEnd(keys.rangeEnd())
                                .setStartRevision(next)
                                .setFragment(true)
                                .setProgressNotify(true))
                        .build());
        while (!finished && responses.hasNext()) {
            take(responses.next(), events);
        }
        if (!finished) {
            throw Status.UNAVAILABLE
                    .withDescription("the store ended the watch")
                    .asRuntimeException();
        }
    }

    private void take(WatchResponse response, Predicate<Event> events) {
        if (response.getCanceled()) {
            throw canceled(response);
        }
        pauseMillis = PAUSE_MILLIS_MIN;
        if (response.getCreated()) {
            if (next == 0) {
                next = response.getHeader().getRevision() + 1;
            }
            return;
        }
        if (response.getEventsCount() == 0 && !response.getFragment()) {
            // Progress: nothing has happened to these keys up to there, so what is compacted meanwhile is not missed.
            next = Math.max(next, response.getHeader().getRevision() + 1);
            return;
        }
        incomplete.addAll(response.getEventsList());
        giveWhole(response.getFragment(), events);
    }

    /** @param goesOn whether more events of the last revision may come */
    private void giveWhole(boolean goesOn, Predicate<Event> events) {
        long last = incomplete.get(incomplete.size() - 1).getKv().getModRevision();
        List<Event> whole = goesOn
                ? incomplete.stream()
                        .filter(event -> event.getKv().getModRevision() < last)
                        .toList()
                : List.copyOf(incomplete);
        incomplete.subList(0, whole.size()).clear();
        next = Math.max(next, goesOn ? last : last + 1);
        for (Event event : whole) {
            if (!events.test(event)) {
                finished = true;
                return;
            }
        }
    }

    private StatusRuntimeException canceled(WatchResponse response) {
        if (response.getCompactRevision() > 0) {
            return Status.OUT_OF_RANGE
                    .withDescription("revision " + next + " is gone, it has been compacted away: history begins at "
                            + response.getCompactRevision() + "; read the keys, and watch on from there with --rev "
                            + response.getCompactRevision())
                    .asRuntimeException();
        }
        String reason = response.getCancelReason();
        return reason.isEmpty() || reason.contains("no leader")
                ? Status.UNAVAILABLE
                        .withDescription(reason.isEmpty() ? "the store cancelled the watch" : reason)
                        .asRuntimeException()
                : Status.FAILED_PRECONDITION.withDescription(reason).asRuntimeException();
    }

    /** Those of etcd's own client, and what a server says that ends. */
    private static boolean isWorthResuming(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE, INTERNAL, CANCELLED -> true;
            default -> false;
        };
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(pauseMillis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Status.ABORTED.withDescription("interrupted").asRuntimeException();
        }
        pauseMillis = Math.min(2 * pauseMillis, PAUSE_MILLIS_MAX);
    }
}

package io.mandate.verify.differential;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.WatchCancelRequest;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchProgressRequest;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One watch stream of one side. Thread-safe. */
final class WatchClient {
    /** Above the ids that etcd gives by itself; its watcher sees {@link Requests#SENTINEL}. */
    static final long SENTINEL_WATCH_ID = 1_000_000;

    private static final long ROUND_TRIP_WATCH_ID = 1_000_001;
    private static final long PROGRESS_RETRY_MILLIS = 10;

    private final LeaseNames leaseNames;
    private final Executor completions;
    private final StreamObserver<WatchRequest> requests;
    private final CompletableFuture<StepAnswer> end = new CompletableFuture<>();

    private final WatchJournal journal = new WatchJournal();
    private final Deque<WatchCreateRequest> awaitingCreation = new ArrayDeque<>();
    private final Deque<CompletableFuture<StepAnswer>> creations = new ArrayDeque<>();
    private final Map<Long, CompletableFuture<StepAnswer>> cancellations = new HashMap<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private long sentinelRevision;

    WatchClient(Channel channel, LeaseNames leaseNames, Executor completions) {
        this.leaseNames = leaseNames;
        this.completions = completions;
        this.requests = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT), new Responses());
    }

    CompletableFuture<StepAnswer> openSentinel() {
        return create(WatchCreateRequest.newBuilder()
                .setKey(Requests.SENTINEL)
                .setWatchId(SENTINEL_WATCH_ID)
                .build());
    }

    CompletableFuture<StepAnswer> create(WatchCreateRequest request) {
        CompletableFuture<StepAnswer> created = failIfEnded(new CompletableFuture<>());
        synchronized (this) {
            awaitingCreation.add(request);
            creations.add(created);
        }
        send(WatchRequest.newBuilder().setCreateRequest(request).build());
        return created;
    }

    /** Completes with the cancelled response; at once if no such watcher lives. */
    CompletableFuture<StepAnswer> cancel(long watchId) {
        CompletableFuture<StepAnswer> canceled = failIfEnded(new CompletableFuture<>());
        synchronized (this) {
            if (journal.isAlive(watchId)) {
                cancellations.put(watchId, canceled);
            } else {
                canceled.complete(StepAnswer.none());
            }
        }
        send(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(watchId))
                .build());
        return canceled;
    }

    /**
     * Completes once the server has certainly handled the question, because it has answered later ones on the same
     * stream.
     */
    CompletableFuture<StepAnswer> askProgress(long revision) {
        synchronized (this) {
            journal.awaitProgress(revision);
        }
        sendProgress();
        return create(WatchCreateRequest.newBuilder()
                        .setKey(Requests.ROUND_TRIP)
                        .setWatchId(ROUND_TRIP_WATCH_ID)
                        .build())
                .thenComposeAsync(created -> cancel(ROUND_TRIP_WATCH_ID), completions)
                .thenApply(canceled -> StepAnswer.none());
    }

    /** Ends the stream without waiting: etcd does not end a stream that is only half-closed. */
    void abort() {
        synchronized (requests) {
            if (!end.isDone()) {
                requests.onError(new CancellationException("the run is over"));
            }
        }
    }

    /**
     * Completes when everything up to the sentinel's write at this revision was delivered: first the sentinel's own
     * event, which proves it for watchers that are in step with the writes, then a progress answer, which proves it for
     * those that are catching up. etcd gives none while a watcher of the stream waits for a later revision; such a
     * watcher is in step, so the sentinel suffices.
     */
    CompletableFuture<Void> delivered(long revision) {
        return when(() -> sentinelRevision >= revision)
                .thenComposeAsync(
                        seen -> isAnsweringProgress(revision) ? progressed(revision) : when(() -> true), completions);
    }

    synchronized Map<Long, Integer> counts() {
        return journal.counts();
    }

    synchronized WatchJournal.Drained drain() {
        return journal.drain(leaseNames::toCommon);
    }

    private synchronized boolean isAnsweringProgress(long revision) {
        return !journal.hasWatcherBeyond(revision);
    }

    private CompletableFuture<Void> progressed(long revision) {
        CompletableFuture<Void> progressed =
                when(() -> journal.progressRevision() >= revision || journal.isOvertaken());
        askProgressUntil(progressed);
        return progressed;
    }

    private void askProgressUntil(CompletableFuture<Void> progressed) {
        if (!progressed.isDone()) {
            sendProgress();
            CompletableFuture.delayedExecutor(PROGRESS_RETRY_MILLIS, TimeUnit.MILLISECONDS, completions)
                    .execute(() -> askProgressUntil(progressed));
        }
    }

    private void sendProgress() {
        send(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
    }

    private void send(WatchRequest request) {
        synchronized (requests) {
            if (!end.isDone()) {
                requests.onNext(request);
            }
        }
    }

    private CompletableFuture<StepAnswer> failIfEnded(CompletableFuture<StepAnswer> answer) {
        var unused = end.thenAccept(answer::complete);
        return answer;
    }

    private CompletableFuture<Void> when(BooleanSupplier condition) {
        Waiter waiter = new Waiter(condition, new CompletableFuture<>());
        var unused = end.thenAccept(answer -> waiter.reached.completeExceptionally(
                new IllegalStateException("the watch stream ended with " + answer.outcome())));
        synchronized (this) {
            waiters.add(waiter);
        }
        wakeWaiters();
        return waiter.reached;
    }

    private void wakeWaiters() {
        List<Waiter> reached = new ArrayList<>();
        synchronized (this) {
            for (Iterator<Waiter> iterator = waiters.iterator(); iterator.hasNext(); ) {
                Waiter waiter = iterator.next();
                if (waiter.condition.getAsBoolean()) {
                    iterator.remove();
                    reached.add(waiter);
                }
            }
        }
        reached.forEach(waiter -> waiter.reached.complete(null));
    }

    private void handle(WatchResponse response) {
        CompletableFuture<StepAnswer> answered = null;
        synchronized (this) {
            if (response.getCreated()) {
                answered = creations.poll();
                WatchCreateRequest request = awaitingCreation.poll();
                journal.created(response, request == null ? 0 : request.getStartRevision());
            } else {
                journal.told(response);
                if (response.getWatchId() == SENTINEL_WATCH_ID && response.getEventsCount() > 0) {
                    sentinelRevision = response.getEvents(response.getEventsCount() - 1)
                            .getKv()
                            .getModRevision();
                }
                answered = response.getCanceled() ? cancellations.remove(response.getWatchId()) : null;
            }
        }
        if (answered != null) {
            answered.complete(StepAnswer.of(response));
        }
        wakeWaiters();
    }

    private record Waiter(BooleanSupplier condition, CompletableFuture<Void> reached) {}

    private final class Responses implements StreamObserver<WatchResponse> {
        @Override
        public void onNext(WatchResponse response) {
            handle((WatchResponse) leaseNames.toCommon(response));
        }

        @Override
        public void onError(Throwable failure) {
            end.complete(StepAnswer.of(failure));
        }

        @Override
        public void onCompleted() {
            end.complete(StepAnswer.none());
        }
    }
}

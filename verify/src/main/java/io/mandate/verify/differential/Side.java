package io.mandate.verify.differential;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrantResponse;
import io.mandate.etcdapi.LeaseLeasesRequest;
import io.mandate.etcdapi.LeaseLeasesResponse;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.LeaseStatus;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.election.CampaignRequest;
import io.mandate.etcdapi.election.CampaignResponse;
import io.mandate.etcdapi.lock.LockRequest;
import io.mandate.etcdapi.lock.LockResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Performs steps on one server and tells its answers in common lease names. To be called by one thread; a step is to be
 * answered before the next.
 */
final class Side implements Step.Handler<CompletableFuture<StepAnswer>>, AutoCloseable {
    /** Longer than any correct server takes, including etcd's own request timeout of 7 s. */
    private static final long CALL_SECONDS_MAX = 15;

    private static final long POLL_MILLIS = 5;

    private final String name;
    private final Channel channel;
    private final LeaseNames leaseNames = new LeaseNames();
    private final ExecutorService completions = Executors.newSingleThreadExecutor(Side::daemon);
    private final Map<String, BlockingCall> blockingCalls = new HashMap<>();
    private final Map<String, ObserveClient> observations = new HashMap<>();
    private final Map<Integer, WatchClient> watches = new TreeMap<>();
    private final KeepAliveClient keepAlives;

    Side(String name, Channel channel) {
        this.name = name;
        this.channel = channel;
        this.keepAlives = new KeepAliveClient(channel, leaseNames);
    }

    CompletableFuture<StepAnswer> perform(Step step) {
        return step.accept(this);
    }

    /** How much each stream's watchers were told since the last time. */
    Map<Integer, Map<Long, Integer>> toldCounts() {
        Map<Integer, Map<Long, Integer>> counts = new TreeMap<>();
        watches.forEach((stream, conversation) -> counts.put(stream, conversation.counts()));
        return counts;
    }

    /** What each stream's watchers were told since the last time. */
    Map<Integer, WatchJournal.Drained> drainWatches() {
        Map<Integer, WatchJournal.Drained> drained = new TreeMap<>();
        watches.forEach((stream, conversation) -> drained.put(stream, conversation.drain()));
        return drained;
    }

    @Override
    public CompletableFuture<StepAnswer> call(Step.Call step) {
        return startCall(step.call(), step.request(), true).answer;
    }

    @Override
    public CompletableFuture<StepAnswer> begin(Step.Begin step) {
        blockingCalls.put(step.name(), startCall(step.call(), step.request(), false));
        return CompletableFuture.completedFuture(StepAnswer.none());
    }

    @Override
    public CompletableFuture<StepAnswer> finish(Step.Finish step) {
        BlockingCall call = blockingCalls.remove(step.name());
        if (call == null) {
            throw new IllegalArgumentException("never begun: " + step.name());
        }
        return call.answer;
    }

    @Override
    public CompletableFuture<StepAnswer> abandon(Step.Abandon step) {
        BlockingCall call = blockingCalls.remove(step.name());
        if (call == null) {
            throw new IllegalArgumentException("never begun: " + step.name());
        }
        call.call.cancel("abandoned", null);
        // How a cancelled call ends is told by this client, not by the server.
        return CompletableFuture.completedFuture(StepAnswer.none());
    }

    @Override
    public CompletableFuture<StepAnswer> awaitCount(Step.AwaitCount step) {
        CompletableFuture<StepAnswer> reached = new CompletableFuture<>();
        pollCount(step, reached);
        return reached;
    }

    @Override
    public CompletableFuture<StepAnswer> keepAlive(Step.KeepAlive step) {
        return keepAlives.renew(leaseNames.toServer(step.leaseId()));
    }

    @Override
    public CompletableFuture<StepAnswer> watchOpen(Step.WatchOpen step) {
        WatchClient opened = new WatchClient(channel, leaseNames, completions);
        if (watches.put(step.stream(), opened) != null) {
            throw new IllegalArgumentException("already open: " + step);
        }
        return opened.openSentinel();
    }

    @Override
    public CompletableFuture<StepAnswer> watchCreate(Step.WatchCreate step) {
        return watch(step.stream()).create(step.request());
    }

    @Override
    public CompletableFuture<StepAnswer> watchCancel(Step.WatchCancel step) {
        return watch(step.stream()).cancel(step.watchId());
    }

    @Override
    public CompletableFuture<StepAnswer> watchProgress(Step.WatchProgress step) {
        return watch(step.stream()).askProgress(step.revision());
    }

    @Override
    public CompletableFuture<StepAnswer> watchClose(Step.WatchClose step) {
        watch(step.stream()).abort();
        watches.remove(step.stream());
        return CompletableFuture.completedFuture(StepAnswer.none());
    }

    @Override
    public CompletableFuture<StepAnswer> watchSync(Step.WatchSync step) {
        PutRequest sentinel = PutRequest.newBuilder().setKey(Requests.SENTINEL).build();
        return startCall(UnaryCall.PUT, sentinel, true)
                .answer
                .thenComposeAsync(
                        written -> {
                            CompletableFuture<?>[] delivered = watches.values().stream()
                                    .map(watch -> watch.delivered(written.revision()))
                                    .toArray(CompletableFuture<?>[]::new);
                            return CompletableFuture.allOf(delivered).thenApply(all -> written);
                        },
                        completions);
    }

    @Override
    public CompletableFuture<StepAnswer> observeOpen(Step.ObserveOpen step) {
        observations.put(step.name(), new ObserveClient(channel, leaseNames, step.request()));
        return CompletableFuture.completedFuture(StepAnswer.none());
    }

    @Override
    public CompletableFuture<StepAnswer> observeNext(Step.ObserveNext step) {
        return observation(step.name()).next();
    }

    @Override
    public CompletableFuture<StepAnswer> observeClose(Step.ObserveClose step) {
        return CompletableFuture.completedFuture(observation(step.name()).close());
    }

    /** Removes all leases and keys and gives the revision after it. Not part of what is compared. */
    long empty() throws InterruptedException, ExecutionException {
        StepAnswer leases = ask(UnaryCall.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
        for (LeaseStatus lease : leases.message(LeaseLeasesResponse.class)
                .orElse(LeaseLeasesResponse.getDefaultInstance())
                .getLeasesList()) {
            ask(
                    UnaryCall.LEASE_REVOKE,
                    LeaseRevokeRequest.newBuilder().setID(lease.getID()).build());
        }
        return ask(
                        UnaryCall.DELETE_RANGE,
                        DeleteRangeRequest.newBuilder()
                                .setKey(Requests.ZERO)
                                .setRangeEnd(Requests.ZERO)
                                .build())
                .revision();
    }

    /** One write, to bring this side's revision nearer to the other's. */
    void advance() throws InterruptedException, ExecutionException {
        ask(UnaryCall.PUT, PutRequest.newBuilder().setKey(Requests.SENTINEL).build());
    }

    @Override
    public void close() {
        watches.values().forEach(WatchClient::abort);
        observations.values().forEach(ObserveClient::close);
        blockingCalls.values().forEach(call -> call.call.cancel("the run is over", null));
        keepAlives.close();
        completions.shutdown();
    }

    private StepAnswer ask(UnaryCall call, Message request) throws InterruptedException, ExecutionException {
        StepAnswer answer = startCall(call, request, true).answer.get();
        if (!answer.isOk()) {
            throw new IllegalStateException(name + " cannot be prepared: " + call + " gave " + answer.outcome());
        }
        return answer;
    }

    private WatchClient watch(int stream) {
        WatchClient conversation = watches.get(stream);
        if (conversation == null) {
            throw new IllegalArgumentException("watch stream " + stream + " is not open");
        }
        return conversation;
    }

    private ObserveClient observation(String observed) {
        ObserveClient observation = observations.get(observed);
        if (observation == null) {
            throw new IllegalArgumentException("never opened: " + observed);
        }
        return observation;
    }

    private BlockingCall startCall(UnaryCall call, Message request, boolean limited) {
        CallOptions options = limited
                ? CallOptions.DEFAULT.withDeadlineAfter(CALL_SECONDS_MAX, TimeUnit.SECONDS)
                : CallOptions.DEFAULT;
        ClientCall<Message, Message> started = channel.newCall(call.method(), options);
        CompletableFuture<StepAnswer> answer = new CompletableFuture<>();
        ClientCalls.asyncUnaryCall(started, leaseNames.toServer(request), new UnaryAnswer(request, answer));
        return new BlockingCall(started, answer);
    }

    private void pollCount(Step.AwaitCount step, CompletableFuture<StepAnswer> reached) {
        Message request = step.range().toBuilder().setCountOnly(true).build();
        var unused = startCall(UnaryCall.RANGE, request, true).answer.thenAccept(answer -> {
            long count = answer.message(RangeResponse.class)
                    .map(RangeResponse::getCount)
                    .orElse(step.count());
            if (count == step.count()) {
                reached.complete(answer);
            } else {
                CompletableFuture.delayedExecutor(POLL_MILLIS, TimeUnit.MILLISECONDS, completions)
                        .execute(() -> pollCount(step, reached));
            }
        });
    }

    private void learnLease(Message request, Message response) {
        if (request instanceof LeaseGrantRequest grant
                && grant.getID() == 0
                && response instanceof LeaseGrantResponse granted) {
            leaseNames.learn(granted.getID());
        } else if (request instanceof CampaignRequest campaign
                && campaign.getLease() == 0
                && response instanceof CampaignResponse won) {
            leaseNames.learn(won.getLeader().getLease());
        } else if (request instanceof LockRequest lock
                && lock.getLease() == 0
                && response instanceof LockResponse locked) {
            leaseNames.learnFromKey(locked.getKey());
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "differential-side");
        thread.setDaemon(true);
        return thread;
    }

    private record BlockingCall(ClientCall<Message, Message> call, CompletableFuture<StepAnswer> answer) {}

    private final class UnaryAnswer implements StreamObserver<Message> {
        private final Message request;
        private final CompletableFuture<StepAnswer> answer;
        private @Nullable Message response;

        UnaryAnswer(Message request, CompletableFuture<StepAnswer> answer) {
            this.request = request;
            this.answer = answer;
        }

        @Override
        public void onNext(Message message) {
            response = message;
        }

        @Override
        public void onError(Throwable failure) {
            answer.complete(StepAnswer.of(failure));
        }

        @Override
        public void onCompleted() {
            Message received = response;
            if (received == null) {
                answer.complete(StepAnswer.none());
                return;
            }
            learnLease(request, received);
            answer.complete(StepAnswer.of(leaseNames.toCommon(received)));
        }
    }
}

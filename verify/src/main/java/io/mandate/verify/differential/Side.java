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
final class Side implements Step.Handler<CompletableFuture<Answer>>, AutoCloseable {
    /** Longer than any correct server takes, including etcd's own request timeout of 7 s. */
    private static final long CALL_SECONDS_MAX = 15;

    private static final long POLL_MILLIS = 5;

    private final String name;
    private final Channel channel;
    private final LeaseNames leaseNames = new LeaseNames();
    private final ExecutorService completions = Executors.newSingleThreadExecutor(Side::daemon);
    private final Map<String, BlockingCall> blockingCalls = new HashMap<>();
    private final Map<String, Observation> observations = new HashMap<>();
    private final Map<Integer, WatchConversation> watches = new TreeMap<>();
    private final KeepAliveConversation keepAlives;

    Side(String name, Channel channel) {
        this.name = name;
        this.channel = channel;
        this.keepAlives = new KeepAliveConversation(channel, leaseNames);
    }

    CompletableFuture<Answer> perform(Step step) {
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
    public CompletableFuture<Answer> call(Step.Call step) {
        return startCall(step.call(), step.request(), true).answer;
    }

    @Override
    public CompletableFuture<Answer> begin(Step.Begin step) {
        blockingCalls.put(step.name(), startCall(step.call(), step.request(), false));
        return CompletableFuture.completedFuture(Answer.none());
    }

    @Override
    public CompletableFuture<Answer> finish(Step.Finish step) {
        BlockingCall call = blockingCalls.remove(step.name());
        if (call == null) {
            throw new IllegalArgumentException("never begun: " + step.name());
        }
        return call.answer;
    }

    @Override
    public CompletableFuture<Answer> abandon(Step.Abandon step) {
        BlockingCall call = blockingCalls.remove(step.name());
        if (call == null) {
            throw new IllegalArgumentException("never begun: " + step.name());
        }
        call.call.cancel("abandoned", null);
        // How a cancelled call ends is told by this client, not by the server.
        return CompletableFuture.completedFuture(Answer.none());
    }

    @Override
    public CompletableFuture<Answer> awaitCount(Step.AwaitCount step) {
        CompletableFuture<Answer> reached = new CompletableFuture<>();
        pollCount(step, reached);
        return reached;
    }

    @Override
    public CompletableFuture<Answer> keepAlive(Step.KeepAlive step) {
        return keepAlives.renew(leaseNames.toServer(step.leaseId()));
    }

    @Override
    public CompletableFuture<Answer> watchOpen(Step.WatchOpen step) {
        WatchConversation opened = new WatchConversation(channel, leaseNames, completions);
        if (watches.put(step.stream(), opened) != null) {
            throw new IllegalArgumentException("already open: " + step);
        }
        return opened.openSentinel();
    }

    @Override
    public CompletableFuture<Answer> watchCreate(Step.WatchCreate step) {
        return watch(step.stream()).create(step.request());
    }

    @Override
    public CompletableFuture<Answer> watchCancel(Step.WatchCancel step) {
        return watch(step.stream()).cancel(step.watchId());
    }

    @Override
    public CompletableFuture<Answer> watchProgress(Step.WatchProgress step) {
        return watch(step.stream()).askProgress(step.revision());
    }

    @Override
    public CompletableFuture<Answer> watchClose(Step.WatchClose step) {
        watch(step.stream()).abort();
        watches.remove(step.stream());
        return CompletableFuture.completedFuture(Answer.none());
    }

    @Override
    public CompletableFuture<Answer> watchSync(Step.WatchSync step) {
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
    public CompletableFuture<Answer> observeOpen(Step.ObserveOpen step) {
        observations.put(step.name(), new Observation(channel, leaseNames, step.request()));
        return CompletableFuture.completedFuture(Answer.none());
    }

    @Override
    public CompletableFuture<Answer> observeNext(Step.ObserveNext step) {
        return observation(step.name()).next();
    }

    @Override
    public CompletableFuture<Answer> observeClose(Step.ObserveClose step) {
        return CompletableFuture.completedFuture(observation(step.name()).close());
    }

    /** Removes all leases and keys and gives the revision after it. Not part of what is compared. */
    long empty() throws InterruptedException, ExecutionException {
        Answer leases = ask(UnaryCall.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
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
        watches.values().forEach(WatchConversation::abort);
        observations.values().forEach(Observation::close);
        blockingCalls.values().forEach(call -> call.call.cancel("the run is over", null));
        keepAlives.close();
        completions.shutdown();
    }

    private Answer ask(UnaryCall call, Message request) throws InterruptedException, ExecutionException {
        Answer answer = startCall(call, request, true).answer.get();
        if (!answer.isOk()) {
            throw new IllegalStateException(name + " cannot be prepared: " + call + " gave " + answer.outcome());
        }
        return answer;
    }

    private WatchConversation watch(int stream) {
        WatchConversation conversation = watches.get(stream);
        if (conversation == null) {
            throw new IllegalArgumentException("watch stream " + stream + " is not open");
        }
        return conversation;
    }

    private Observation observation(String observed) {
        Observation observation = observations.get(observed);
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
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        ClientCalls.asyncUnaryCall(started, leaseNames.toServer(request), new UnaryAnswer(request, answer));
        return new BlockingCall(started, answer);
    }

    private void pollCount(Step.AwaitCount step, CompletableFuture<Answer> reached) {
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

    private record BlockingCall(ClientCall<Message, Message> call, CompletableFuture<Answer> answer) {}

    private final class UnaryAnswer implements StreamObserver<Message> {
        private final Message request;
        private final CompletableFuture<Answer> answer;
        private @Nullable Message response;

        UnaryAnswer(Message request, CompletableFuture<Answer> answer) {
            this.request = request;
            this.answer = answer;
        }

        @Override
        public void onNext(Message message) {
            response = message;
        }

        @Override
        public void onError(Throwable failure) {
            answer.complete(Answer.of(failure));
        }

        @Override
        public void onCompleted() {
            Message received = response;
            if (received == null) {
                answer.complete(Answer.none());
                return;
            }
            learnLease(request, received);
            answer.complete(Answer.of(leaseNames.toCommon(received)));
        }
    }
}

package io.mandate.store.etcd;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.mandate.election.internal.store.BatchLimits;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.ResponseOp;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The election library's store on anything that speaks etcd v3: a Mandate cluster, a Mandate node in this JVM, or etcd
 * from 3.4 on.
 *
 * <p>Leases are kept in milliseconds from 100 ms on by Mandate, and in whole seconds from 2 s on by etcd.
 * {@link Entry#version} is a key's {@code mod_revision} and {@link Entry#creation} its {@code create_revision}, which
 * outlive deletes.
 *
 * <p><b>Lost answers.</b> Requests are sent again, by another endpoint if there is one, until the time-out. A
 * compare-and-set sent twice takes effect once, because its compare does not hold a second time. Whether an answer
 * "refused" hides a first attempt that did take effect is told by request ids on Mandate (for keys on a lease that was
 * granted here; the store keeps the first answer), and otherwise by looking: if the key has the value and the lease
 * that were to be written, they are taken as written by this. So two writers that write the same value on the same
 * lease upon the same version might both believe they did; values that name their writer avoid it.
 *
 * <p>Thread-safe.
 */
public final class EtcdStore implements LeaseStore {
    private static final long MANDATE_TTL_MILLIS_MIN = 100;
    private static final long ETCD_TTL_MILLIS_MIN = 2_000;
    private static final long ETCD_TTL_MILLIS_STEP = 1_000;

    /** For a first answer, which may have to wait for a machine on which everything is started at once. */
    private static final long CONNECT_TIMEOUT_MILLIS = 10_000;

    private static final int RESPONSE_BYTES_MAX = 64 << 20;

    private final Endpoints endpoints;
    private final Unary unary;
    private final KeepAlives keepAlives;
    private final Watches watches;
    private final RequestIds requestIds = new RequestIds();
    private final StoreGuarantees guarantees;
    private final int groups;
    private final long timeoutMillis;
    /**
     * What was granted here: answers to renewals come in whole seconds, rounded up, and would promise too much. Leases
     * are renewed by the connection that granted them.
     */
    private final Map<Long, Long> ttlMillisByLease = new ConcurrentHashMap<>();

    private EtcdStore(List<ManagedChannel> channels, String addresses, Duration requestTimeout, int group) {
        this.endpoints = new Endpoints(channels, addresses, group);
        this.unary = new Unary(endpoints, requestTimeout);
        this.keepAlives = new KeepAlives(endpoints);
        this.watches = new Watches(endpoints);
        this.timeoutMillis = requestTimeout.toMillis();
        this.groups = askGroups(group);
        boolean mandate = groups > 0;
        this.guarantees = new StoreGuarantees(
                (mandate ? "Mandate at " : "etcd at ") + addresses,
                StoreGuarantees.Expiry.STORE,
                mandate ? MANDATE_TTL_MILLIS_MIN : ETCD_TTL_MILLIS_MIN,
                mandate ? 1 : ETCD_TTL_MILLIS_STEP,
                true,
                true);
    }

    /**
     * Connects to a store, and asks it what it is.
     *
     * @throws StoreException if no endpoint answers within 10 s, or the request time-out if that is longer; if all
     *     refuse connections, already after the request time-out
     */
    public static EtcdStore connect(EtcdOptions options) {
        List<ManagedChannel> channels = Endpoint.parseAll(options.endpoints()).stream()
                .<ManagedChannel>map(endpoint -> endpoint.channelBuilder()
                        .maxInboundMessageSize(RESPONSE_BYTES_MAX)
                        .directExecutor()
                        .build())
                .toList();
        try {
            return new EtcdStore(
                    channels, String.join(",", options.endpoints()), options.requestTimeout(), options.group());
        } catch (RuntimeException unreachable) {
            channels.forEach(ManagedChannel::shutdownNow);
            throw unreachable;
        }
    }

    /**
     * As {@link #connect(EtcdOptions)}, with the defaults:
     * {@code connect("http://10.0.0.1:2379,http://10.0.0.2:2379")}.
     */
    public static EtcdStore connect(String endpoints) {
        return connect(EtcdOptions.of(List.of(endpoints)));
    }

    /**
     * A store behind a channel of the caller's, such as that of a node in this JVM. Closing the store shuts it down.
     */
    public static EtcdStore on(ManagedChannel channel) {
        return on(channel, 0);
    }

    /** As {@link #on(ManagedChannel)}, in a group of a store with several. */
    public static EtcdStore on(ManagedChannel channel, int group) {
        return new EtcdStore(List.of(channel), channel.authority(), EtcdOptions.REQUEST_TIMEOUT_DEFAULT, group);
    }

    /**
     * Connects to the group that an election of this name belongs to, for whoever takes part in it or looks on: asks
     * the store how many groups it has, and chooses by {@link #groupOf}. The options' own group does not matter.
     *
     * @throws StoreException as {@link #connect(EtcdOptions)}
     */
    public static EtcdStore connectFor(String election, EtcdOptions options) {
        EtcdStore first = connect(options.withGroup(0));
        int group = groupOf(election, Math.max(1, first.groups));
        if (group == 0) {
            return first;
        }
        first.close();
        return connect(options.withGroup(group));
    }

    /**
     * The group of an election, the same for ever and in every language: CRC-32C (Castagnoli, RFC 3720 appendix B.4) of
     * the name in UTF-8, unsigned, modulo the number of groups. Of a name with slashes only what stands before the
     * first one counts, so that everything under {@code orders/} is in one group, and one lease will do for it.
     *
     * @param groups how many there are, 1 or more
     */
    public static int groupOf(String election, int groups) {
        if (groups < 1) {
            throw new IllegalArgumentException(groups + " groups: a store has 1 or more");
        }
        int slash = election.indexOf('/');
        CRC32C crc = new CRC32C();
        crc.update((slash < 0 ? election : election.substring(0, slash)).getBytes(StandardCharsets.UTF_8));
        return (int) (crc.getValue() % groups);
    }

    /** How many groups the store has; 0 if it is an etcd, which knows of none. */
    public int groups() {
        return groups;
    }

    /**
     * How many groups a Mandate has, which says so when greeted; 0 for an etcd, which does not know the greeting.
     *
     * @param group that is to be used
     */
    private int askGroups(int group) {
        long beginNanos = System.nanoTime();
        long patienceMillis = Math.max(50, timeoutMillis / endpoints.count());
        for (int asked = 1; ; asked++) {
            Channel channel = endpoints.current();
            try {
                return greet(channel, patienceMillis, group);
            } catch (StatusRuntimeException failed) {
                Status.Code why = failed.getStatus().getCode();
                if (why == Status.Code.INVALID_ARGUMENT) {
                    throw new StoreException(
                            "the store at " + endpoints.name() + " refuses group " + group + ": "
                                    + failed.getStatus().getDescription(),
                            failed);
                }
                endpoints.leave(channel);
                long waitedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos);
                // Nobody is there, or somebody is who is slow, as this process may be itself when it has just been
                // started.
                long waitMillis = why == Status.Code.DEADLINE_EXCEEDED
                        ? Math.max(timeoutMillis, CONNECT_TIMEOUT_MILLIS)
                        : timeoutMillis;
                if (waitedMillis >= waitMillis) {
                    throw new StoreException(
                            "no store answers at " + endpoints.name() + " in " + waitedMillis + " ms (" + why
                                    + "): is it running, and is that its address?",
                            failed);
                }
                patienceMillis = asked % endpoints.count() == 0 ? 2 * patienceMillis : patienceMillis;
                patienceMillis = Math.min(patienceMillis, Math.max(1, waitMillis - waitedMillis));
                // A connection that is refused is refused at once, again and again.
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(Unary.RETRY_PAUSE_MILLIS));
            }
        }
    }

    private int greet(Channel channel, long patienceMillis, int group) {
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        ClientCalls.blockingUnaryCall(
                ClientInterceptors.intercept(
                        channel,
                        MetadataUtils.newAttachHeadersInterceptor(StoreMetadata.hello()),
                        MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)),
                MaintenanceGrpc.getStatusMethod(),
                CallOptions.DEFAULT.withDeadlineAfter(patienceMillis, TimeUnit.MILLISECONDS),
                StatusRequest.getDefaultInstance());
        return groupsOf(headers.get(), group);
    }

    private int groupsOf(@Nullable Metadata answered, int group) {
        if (answered != null && answered.containsKey(StoreMetadata.HELLO)) {
            String told = answered.get(StoreMetadata.GROUPS);
            return told == null ? 1 : Integer.parseInt(told);
        }
        if (group != 0) {
            throw new StoreException("group " + group + " was asked for, but what answers at " + endpoints.name()
                    + " is no Mandate and has no groups: use group 0");
        }
        return 0;
    }

    @Override
    public StoreGuarantees guarantees() {
        return guarantees;
    }

    @Override
    public CompletableFuture<Optional<Entry>> read(String key) {
        RangeRequest range = RangeRequest.newBuilder().setKey(key(key)).build();
        return range(range).thenApply(EtcdStore::first);
    }

    private static Optional<Entry> first(RangeResponse answer) {
        return answer.getKvsList().stream().findFirst().map(EtcdStore::entry);
    }

    @Override
    public CompletableFuture<List<Optional<Entry>>> readAll(List<String> keys) {
        BatchLimits.requireSize(keys.size());
        return ranges(keys.stream()
                        .map(key -> RangeRequest.newBuilder().setKey(key(key)).build())
                        .toList())
                .thenApply(answers -> answers.stream().map(EtcdStore::first).toList());
    }

    @Override
    public CompletableFuture<List<Entry>> list(String prefix, int limit) {
        return range(thoseWith(prefix, limit)).thenApply(EtcdStore::entries);
    }

    @Override
    public CompletableFuture<List<List<Entry>>> listAll(List<String> prefixes, int limit) {
        BatchLimits.requireSize(prefixes.size());
        return ranges(prefixes.stream().map(prefix -> thoseWith(prefix, limit)).toList())
                .thenApply(answers -> answers.stream().map(EtcdStore::entries).toList());
    }

    private static RangeRequest thoseWith(String prefix, int limit) {
        if (limit < 1 || limit > LIST_MAX) {
            throw new IllegalArgumentException("a limit of " + limit + " is not between 1 and " + LIST_MAX);
        }
        ByteString first = key(prefix);
        return RangeRequest.newBuilder()
                .setKey(first)
                .setRangeEnd(endOf(first))
                .setSortTarget(RangeRequest.SortTarget.CREATE)
                .setSortOrder(RangeRequest.SortOrder.ASCEND)
                .setLimit(limit)
                .build();
    }

    private static List<Entry> entries(RangeResponse answer) {
        return answer.getKvsList().stream().map(EtcdStore::entry).toList();
    }

    /** In one transaction, which only reads. */
    private CompletableFuture<List<RangeResponse>> ranges(List<RangeRequest> ranges) {
        TxnRequest.Builder all = TxnRequest.newBuilder();
        ranges.forEach(range -> all.addSuccess(RequestOp.newBuilder().setRequestRange(range)));
        return translated(unary.ask(KVGrpc.getTxnMethod(), all.build(), StoreMetadata.none()))
                .thenApply(answer -> answer.getResponsesList().stream()
                        .map(ResponseOp::getResponseRange)
                        .toList());
    }

    private CompletableFuture<RangeResponse> range(RangeRequest range) {
        return translated(unary.ask(KVGrpc.getRangeMethod(), range, StoreMetadata.none()));
    }

    @Override
    public CompletableFuture<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        ConditionalPut change = new ConditionalPut(key, expectedVersion, value);
        TxnRequest txn = swap(change, leaseId);
        return unary.ask(KVGrpc.getTxnMethod(), attempt -> txn, requestIds.of(leaseId))
                .thenApply(answer -> swapped(answer, change, leaseId))
                .exceptionally(failure -> {
                    requireNoSuchLease(leaseId, failure);
                    return new CasResult.NoSuchLease();
                });
    }

    @Override
    public CompletableFuture<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
        BatchLimits.requireWrites(changes.stream().map(ConditionalPut::key).toList());
        TxnRequest txn = Transactions.all(
                changes.stream().map(change -> swap(change, leaseId)).toList());
        return unary.ask(KVGrpc.getTxnMethod(), attempt -> txn, requestIds.of(leaseId))
                .thenApply(answer -> IntStream.range(0, changes.size())
                        .mapToObj(i -> swapped(answer.getResponses(i).getResponseTxn(), changes.get(i), leaseId))
                        .toList())
                .exceptionally(failure -> {
                    requireNoSuchLease(leaseId, failure);
                    return changes.stream()
                            .<CasResult>map(change -> new CasResult.NoSuchLease())
                            .toList();
                });
    }

    private static TxnRequest swap(ConditionalPut change, long leaseId) {
        if (change.expectedVersion() < 0) {
            throw new IllegalArgumentException(
                    "an expected version of " + change.expectedVersion() + " is negative: 0 is for no such key");
        }
        return Transactions.swap(key(change.key()), change.expectedVersion(), value(change.value()), leaseId);
    }

    /** What fails for another reason fails on. */
    private void requireNoSuchLease(long leaseId, Throwable failure) {
        if (leaseId == 0 || !isNoSuchLease(failure)) {
            throw translate(failure);
        }
    }

    private static CasResult swapped(TxnResponse answer, ConditionalPut change, long leaseId) {
        RangeResponse range =
                answer.getResponses(answer.getResponsesCount() - 1).getResponseRange();
        if (range.getKvsCount() == 0) {
            return new CasResult.Refused(null);
        }
        KeyValue present = range.getKvs(0);
        boolean oursByAnEarlierAttempt = leaseId != 0
                && present.getLease() == leaseId
                && present.getValue().toStringUtf8().equals(change.value());
        return answer.getSucceeded() || oursByAnEarlierAttempt
                ? new CasResult.Written(entry(present))
                : new CasResult.Refused(entry(present));
    }

    @Override
    public CompletableFuture<Boolean> delete(String key, long creation) {
        TxnRequest txn = Transactions.delete(key(key), creation);
        return translated(unary.ask(KVGrpc.getTxnMethod(), txn, StoreMetadata.none()))
                .thenApply(TxnResponse::getSucceeded);
    }

    @Override
    public CompletableFuture<List<Boolean>> deleteAll(List<ConditionalDelete> removals) {
        BatchLimits.requireWrites(removals.stream().map(ConditionalDelete::key).toList());
        TxnRequest txn = Transactions.all(removals.stream()
                .map(removal -> Transactions.delete(key(removal.key()), removal.creation()))
                .toList());
        return translated(unary.ask(KVGrpc.getTxnMethod(), txn, StoreMetadata.none()))
                .thenApply(answer -> answer.getResponsesList().stream()
                        .map(response -> response.getResponseTxn().getSucceeded())
                        .toList());
    }

    @Override
    public CompletableFuture<LeaseGrant> grant(long ttlMillis) {
        guarantees.requireElectable(ttlMillis);
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL((ttlMillis + 999) / 1_000).build();
        return translated(unary.ask(LeaseGrpc.getLeaseGrantMethod(), request, StoreMetadata.ttlMillis(ttlMillis)))
                .thenApply(granted -> {
                    ttlMillisByLease.put(granted.getID(), ttlMillis);
                    requestIds.begin(granted.getID());
                    return new LeaseGrant(granted.getID(), ttlMillis);
                });
    }

    @Override
    public CompletableFuture<Optional<Long>> renew(long leaseId) {
        return keepAlives
                .renew(leaseId)
                .orTimeout(timeoutMillis, TimeUnit.MILLISECONDS)
                .thenApply(seconds -> {
                    if (seconds <= 0) {
                        forget(leaseId);
                        return Optional.<Long>empty();
                    }
                    return Optional.of(ttlMillisByLease.getOrDefault(leaseId, seconds * 1_000));
                })
                .exceptionally(failure -> {
                    throw translate(failure);
                });
    }

    @Override
    public CompletableFuture<Void> revoke(long leaseId) {
        forget(leaseId);
        LeaseRevokeRequest request =
                LeaseRevokeRequest.newBuilder().setID(leaseId).build();
        return unary.ask(LeaseGrpc.getLeaseRevokeMethod(), request, StoreMetadata.none())
                .<Void>thenApply(revoked -> null)
                .exceptionally(failure -> {
                    if (isNoSuchLease(failure)) {
                        return null;
                    }
                    throw translate(failure);
                });
    }

    private void forget(long leaseId) {
        ttlMillisByLease.remove(leaseId);
        requestIds.forget(leaseId);
    }

    @Override
    public Watch watch(String prefix, Runnable changed) {
        ByteString first = key(prefix);
        return watches.add(first, endOf(first), keys -> changed.run());
    }

    @Override
    public Watch watchKeys(String prefix, Consumer<Optional<String>> changed) {
        ByteString first = key(prefix);
        return watches.add(first, endOf(first), keys -> {
            if (keys.isEmpty()) {
                changed.accept(Optional.empty());
            }
            keys.forEach(key -> changed.accept(Optional.of(key)));
        });
    }

    /**
     * A transaction that can be repeated without harm.
     *
     * @param leaseId the session by which Mandate tells repetitions
     */
    CompletableFuture<TxnResponse> transact(TxnRequest txn, long leaseId) {
        return translated(unary.ask(KVGrpc.getTxnMethod(), attempt -> txn, requestIds.of(leaseId)));
    }

    static boolean isNoSuchLease(Throwable failure) {
        return Status.fromThrowable(failure).getCode() == Status.Code.NOT_FOUND;
    }

    private <A> CompletableFuture<A> translated(CompletableFuture<A> answer) {
        return answer.exceptionally(failure -> {
            throw translate(failure);
        });
    }

    /** Everything that is not an answer is a failure of the store, with its own words. */
    private StoreException translate(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof StoreException known) {
            return known;
        }
        String words = cause instanceof StatusRuntimeException refused
                ? refused.getStatus().getCode() + ": " + refused.getStatus().getDescription()
                : "no answer within " + timeoutMillis + " ms";
        return new StoreException("the store at " + endpoints.name() + " refused or failed: " + words, cause);
    }

    private static ByteString key(String key) {
        ByteString bytes = ByteString.copyFromUtf8(key);
        if (bytes.isEmpty() || bytes.size() > KEY_BYTES_MAX) {
            throw new IllegalArgumentException("a key of " + bytes.size() + " bytes is not between 1 and "
                    + KEY_BYTES_MAX + ": choose a shorter name");
        }
        return bytes;
    }

    private static ByteString value(String value) {
        ByteString bytes = ByteString.copyFrom(value, StandardCharsets.UTF_8);
        if (bytes.size() > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException("a value of " + bytes.size() + " bytes is longer than " + VALUE_BYTES_MAX
                    + ": keep large data elsewhere and its name here");
        }
        return bytes;
    }

    /** The first key after all that begin so. */
    static ByteString endOf(ByteString prefix) {
        byte[] end = prefix.toByteArray();
        for (int last = end.length - 1; last >= 0; last--) {
            if (end[last] != (byte) 0xff) {
                end[last]++;
                return ByteString.copyFrom(Arrays.copyOf(end, last + 1));
            }
        }
        // etcd's sign for "to the end".
        return ByteString.copyFrom(new byte[1]);
    }

    private static Entry entry(KeyValue kv) {
        return new Entry(
                kv.getKey().toStringUtf8(),
                kv.getValue().toStringUtf8(),
                kv.getModRevision(),
                kv.getCreateRevision(),
                kv.getLease());
    }

    @Override
    public void close() {
        keepAlives.close();
        watches.close();
        endpoints.close();
    }
}

package io.mandate.verify.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Lock;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.election.LeaderResponse;
import io.etcd.jetcd.election.NotLeaderException;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.PutResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.grpc.stub.StreamObserver;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerKind;
import io.mandate.verify.process.TestedServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * jetcd, which knows nothing of Mandate, on three nodes: each of its services, and all of them while the leader is
 * killed.
 */
@Tag("integration")
@Timeout(180)
class JetcdTest {
    private static final long ANSWER_SECONDS_MAX = 30;

    @TempDir
    private static Path directory;

    private static final Map<ServerKind, ProcessCluster> RUNNING = new EnumMap<>(ServerKind.class);

    /** Three nodes of that kind that nobody harms; each test has its own keys. */
    private static ProcessCluster running(ServerKind kind) {
        return RUNNING.computeIfAbsent(kind, JetcdTest::start);
    }

    @AfterAll
    static void stop() {
        RUNNING.values().forEach(ProcessCluster::close);
        RUNNING.clear();
    }

    @ParameterizedTest
    @EnumSource
    void keysAndTransactions(ServerKind kind) throws Exception {
        try (Client client = connect(running(kind))) {
            KV kv = client.getKVClient();
            PutResponse first = answer(kv.put(bytes("a/1"), bytes("one")));
            PutResponse second = answer(kv.put(
                    bytes("a/1"), bytes("uno"), PutOption.builder().withPrevKV().build()));
            answer(kv.put(bytes("a/2"), bytes("two")));
            assertThat(second.getHeader().getRevision())
                    .isEqualTo(first.getHeader().getRevision() + 1);
            assertThat(text(second.getPrevKv().getValue())).isEqualTo("one");

            GetResponse prefix = answer(kv.get(
                    bytes("a/"),
                    GetOption.builder()
                            .isPrefix(true)
                            .withSortField(GetOption.SortTarget.MOD)
                            .withSortOrder(GetOption.SortOrder.DESCEND)
                            .build()));
            assertThat(prefix.getKvs().stream().map(pair -> text(pair.getValue())))
                    .containsExactly("two", "uno");
            GetResponse old = answer(kv.get(
                    bytes("a/1"),
                    GetOption.builder()
                            .withRevision(first.getHeader().getRevision())
                            .build()));
            assertThat(text(old.getKvs().get(0).getValue())).isEqualTo("one");

            long modRevision = second.getHeader().getRevision();
            assertThat(compareAndSwap(kv, "a/1", modRevision, "swapped").isSucceeded())
                    .isTrue();
            TxnResponse refused = compareAndSwap(kv, "a/1", modRevision, "swapped again");
            assertThat(refused.isSucceeded()).isFalse();
            assertThat(text(refused.getGetResponses().get(0).getKvs().get(0).getValue()))
                    .isEqualTo("swapped");

            assertThat(answer(kv.delete(
                                    bytes("a/"),
                                    DeleteOption.builder().isPrefix(true).build()))
                            .getDeleted())
                    .isEqualTo(2);
            assertThat(answer(kv.get(bytes("a/1"))).getCount()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void leaseIsKeptAliveAndTakesItsKeysAlong(ServerKind kind) throws Exception {
        try (Client client = connect(running(kind))) {
            Lease lease = client.getLeaseClient();
            long id = answer(lease.grant(5)).getID();
            answer(client.getKVClient()
                    .put(
                            bytes("leased"),
                            bytes("v"),
                            PutOption.builder().withLeaseId(id).build()));
            BlockingQueue<LeaseKeepAliveResponse> renewals = new LinkedBlockingQueue<>();
            try (var keepAlive = lease.keepAlive(id, collect(renewals))) {
                assertThat(keepAlive).isNotNull();
                for (int i = 0; i < 2; i++) {
                    assertThat(take(renewals).getTTL()).isEqualTo(5);
                }
            }
            var remaining = answer(lease.timeToLive(
                    id, LeaseOption.builder().withAttachedKeys().build()));
            assertThat(remaining.getGrantedTTL()).isEqualTo(5);
            assertThat(remaining.getKeys().stream().map(JetcdTest::text)).containsExactly("leased");
            answer(lease.revoke(id));
            assertThat(answer(client.getKVClient().get(bytes("leased"))).getCount())
                    .isZero();
            assertThatThrownBy(() -> answer(lease.revoke(id))).hasMessageContaining("requested lease not found");
        }
    }

    @ParameterizedTest
    @EnumSource
    void keyOfALeaseThatNobodyRenewsVanishes(ServerKind kind) throws Exception {
        try (Client client = connect(running(kind));
                Events events = Events.of(client, "vanishing", 0)) {
            events.awaitStarted();
            long id = answer(client.getLeaseClient().grant(2)).getID();
            answer(client.getKVClient()
                    .put(
                            bytes("vanishing"),
                            bytes("v"),
                            PutOption.builder().withLeaseId(id).build()));
            assertThat(events.next().getEventType()).isEqualTo(WatchEvent.EventType.PUT);
            assertThat(events.next().getEventType()).isEqualTo(WatchEvent.EventType.DELETE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void watchTellsHistoryThenPresentWithPreviousValues(ServerKind kind) throws Exception {
        try (Client client = connect(running(kind))) {
            KV kv = client.getKVClient();
            long revision =
                    answer(kv.put(bytes("w/1"), bytes("one"))).getHeader().getRevision();
            answer(kv.put(bytes("other"), bytes("unseen")));
            try (Events events = Events.of(client, "w/", revision)) {
                assertThat(events.next().getKeyValue().getModRevision()).isEqualTo(revision);
                answer(kv.put(bytes("w/1"), bytes("two")));
                WatchEvent changed = events.next();
                assertThat(text(changed.getKeyValue().getValue())).isEqualTo("two");
                assertThat(text(changed.getPrevKV().getValue())).isEqualTo("one");
                answer(kv.delete(bytes("w/1")));
                WatchEvent deleted = events.next();
                assertThat(deleted.getEventType()).isEqualTo(WatchEvent.EventType.DELETE);
                assertThat(text(deleted.getPrevKV().getValue())).isEqualTo("two");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void secondCandidateFollowsTheFirst(ServerKind kind) throws Exception {
        try (Client client = connect(running(kind))) {
            Election election = client.getElectionClient();
            ByteSequence name = bytes("election");
            long firstLease = answer(client.getLeaseClient().grant(60)).getID();
            long secondLease = answer(client.getLeaseClient().grant(60)).getID();
            CampaignResponse first = answer(election.campaign(name, firstLease, bytes("first")));
            CompletableFuture<CampaignResponse> second = election.campaign(name, secondLease, bytes("second"));

            BlockingQueue<LeaderResponse> leaders = new LinkedBlockingQueue<>();
            election.observe(name, new Election.Listener() {
                @Override
                public void onNext(LeaderResponse response) {
                    leaders.add(response);
                }

                @Override
                public void onError(Throwable failure) {
                    // The queue stays empty, and the test fails by that.
                }

                @Override
                public void onCompleted() {}
            });
            assertThat(text(take(leaders).getKv().getValue())).isEqualTo("first");
            answer(election.proclaim(first.getLeader(), bytes("still first")));
            assertThat(text(take(leaders).getKv().getValue())).isEqualTo("still first");
            assertThat(text(answer(election.leader(name)).getKv().getValue())).isEqualTo("still first");
            awaitCount(client.getKVClient(), "election/", 2);
            assertThat(second).isNotDone();

            answer(election.resign(first.getLeader()));
            assertThat(answer(second).getLeader().getRevision())
                    .isGreaterThan(first.getLeader().getRevision());
            assertThat(text(take(leaders).getKv().getValue())).isEqualTo("second");
            assertThatThrownBy(() -> answer(election.proclaim(first.getLeader(), bytes("late"))))
                    .hasCauseInstanceOf(NotLeaderException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void lockPassesToTheNextWhenUnlocked(ServerKind kind) throws Exception {
        try (Client client = connect(running(kind))) {
            Lock lock = client.getLockClient();
            long firstLease = answer(client.getLeaseClient().grant(60)).getID();
            long secondLease = answer(client.getLeaseClient().grant(60)).getID();
            ByteSequence key = answer(lock.lock(bytes("mutex"), firstLease)).getKey();
            assertThat(text(key)).isEqualTo("mutex/" + Long.toHexString(firstLease));
            var waiting = lock.lock(bytes("mutex"), secondLease);
            awaitCount(client.getKVClient(), "mutex/", 2);
            assertThat(waiting).isNotDone();
            answer(lock.unlock(key));
            assertThat(text(answer(waiting).getKey())).isEqualTo("mutex/" + Long.toHexString(secondLease));
        }
    }

    @ParameterizedTest
    @EnumSource
    void everythingGoesOnWhileTheLeaderIsKilled(ServerKind kind) throws Exception {
        int writes = 150;
        try (ProcessCluster cluster = start(kind);
                Client client = connect(cluster)) {
            KV kv = client.getKVClient();
            long lease = answer(client.getLeaseClient().grant(10)).getID();
            BlockingQueue<LeaseKeepAliveResponse> renewals = new LinkedBlockingQueue<>();
            long candidateLease = answer(client.getLeaseClient().grant(60)).getID();
            CampaignResponse mandate =
                    answer(client.getElectionClient().campaign(bytes("election"), candidateLease, bytes("me")));
            try (var keepAlive = client.getLeaseClient().keepAlive(lease, collect(renewals));
                    Events events = Events.of(client, "k/", 1)) {
                assertThat(keepAlive).isNotNull();
                answer(kv.put(
                        bytes("leased"),
                        bytes("v"),
                        PutOption.builder().withLeaseId(lease).build()));
                List<String> acknowledged = new ArrayList<>();
                for (int i = 0; i < writes; i++) {
                    if (i == writes / 3) {
                        cluster.node(cluster.awaitLeader()).kill9();
                        renewals.clear();
                    }
                    String key = String.format("k/%03d", i);
                    putUntilAcknowledged(kv, key);
                    acknowledged.add(key);
                }

                GetResponse all = answer(
                        kv.get(bytes("k/"), GetOption.builder().isPrefix(true).build()));
                assertThat(all.getKvs().stream().map(pair -> text(pair.getKey())))
                        .containsExactlyElementsOf(acknowledged);
                // Each write is told once and in order, but for those that were repeated because their first answer was
                // lost.
                List<String> told = new ArrayList<>();
                long lastRevision = 0;
                while (told.size() < writes) {
                    KeyValue pair = events.next().getKeyValue();
                    assertThat(pair.getModRevision()).isGreaterThan(lastRevision);
                    lastRevision = pair.getModRevision();
                    if (pair.getVersion() == 1) {
                        told.add(text(pair.getKey()));
                    }
                }
                assertThat(told).containsExactlyElementsOf(acknowledged);
                assertThat(take(renewals).getTTL()).isEqualTo(10);
                assertThat(answer(kv.get(bytes("leased"))).getCount()).isOne();
                answer(client.getElectionClient().proclaim(mandate.getLeader(), bytes("still me")));
            }
        }
    }

    private static void putUntilAcknowledged(KV kv, String key) throws Exception {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_SECONDS_MAX);
        while (true) {
            try {
                kv.put(bytes(key), bytes("v")).get(5, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException | TimeoutException e) {
                if (System.nanoTime() - deadlineNanos > 0) {
                    throw e;
                }
            }
        }
    }

    /** Waits until so many keys stand under the prefix: so many have come to compete. */
    private static void awaitCount(KV kv, String prefix, long count) throws Exception {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_SECONDS_MAX);
        GetOption counting =
                GetOption.builder().isPrefix(true).withCountOnly(true).build();
        while (answer(kv.get(bytes(prefix), counting)).getCount() != count) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("never " + count + " keys under " + prefix);
            }
        }
    }

    private static ProcessCluster start(ServerKind kind) {
        return ProcessCluster.of(TestedServer.of(kind), 3, directory).start();
    }

    private static Client connect(ProcessCluster cluster) {
        return Client.builder()
                .endpoints(cluster.clientUrls().toArray(new String[0]))
                .build();
    }

    private static TxnResponse compareAndSwap(KV kv, String key, long modRevision, String value) throws Exception {
        return answer(kv.txn()
                .If(new Cmp(bytes(key), Cmp.Op.EQUAL, CmpTarget.modRevision(modRevision)))
                .Then(Op.put(bytes(key), bytes(value), PutOption.DEFAULT))
                .Else(Op.get(bytes(key), GetOption.DEFAULT))
                .commit());
    }

    private static <T> T answer(CompletableFuture<T> future) throws Exception {
        return future.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing came within " + ANSWER_SECONDS_MAX + " s");
        }
        return next;
    }

    private static <T> StreamObserver<T> collect(BlockingQueue<T> queue) {
        return new StreamObserver<>() {
            @Override
            public void onNext(T value) {
                queue.add(value);
            }

            @Override
            public void onError(Throwable failure) {
                // The queue stays empty, and the test fails by that.
            }

            @Override
            public void onCompleted() {}
        };
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    private static String text(ByteSequence bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** The events of a prefix, one by one. */
    private static final class Events implements AutoCloseable {
        private final BlockingQueue<WatchEvent> queue = new LinkedBlockingQueue<>();
        private final CompletableFuture<Boolean> started = new CompletableFuture<>();
        private final Watch.Watcher watcher;

        private Events(Client client, String prefix, long revision) {
            WatchOption option = WatchOption.builder()
                    .isPrefix(true)
                    .withPrevKV(true)
                    .withRevision(revision)
                    .withCreateNotify(true)
                    .build();
            watcher = client.getWatchClient().watch(bytes(prefix), option, response -> {
                started.complete(true);
                queue.addAll(response.getEvents());
            });
        }

        /** From this revision on; 0 for the present. */
        static Events of(Client client, String prefix, long revision) {
            return new Events(client, prefix, revision);
        }

        void awaitStarted() throws Exception {
            answer(started);
        }

        WatchEvent next() throws InterruptedException {
            return take(queue);
        }

        @Override
        public void close() {
            watcher.close();
        }
    }
}

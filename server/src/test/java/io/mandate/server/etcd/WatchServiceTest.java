package io.mandate.server.etcd;

import static io.mandate.server.etcd.WatchClient.watching;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.mandate.etcdapi.CompactionRequest;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.WatchCreateRequest.FilterType;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.server.etcd.call.EtcdApiOptions;
import io.mandate.server.watch.WatchLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchServiceTest {
    private final EtcdApiFixture api = new EtcdApiFixture();

    @AfterEach
    void close() {
        api.close();
    }

    private WatchClient open() {
        return new WatchClient(WatchGrpc.newStub(api.channel));
    }

    private WatchClient openRequiringLeader() {
        return new WatchClient(EtcdApiFixture.with(WatchGrpc.newStub(api.channel), "hasleader", "true"));
    }

    private long put(String key, String value) {
        return api.kv().put(EtcdApiFixture.put(key, value)).getHeader().getRevision();
    }

    private void delete(String key) {
        api.kv()
                .deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(EtcdApiFixture.bytes(key))
                        .build());
    }

    @Test
    void creationIsConfirmedBeforeTheFirstEvent() throws Exception {
        long revision = put("a", "1");
        WatchClient watch = open().send(watching("a"));
        WatchResponse created = watch.next();
        assertThat(created.getCreated()).isTrue();
        assertThat(created.getWatchId()).isZero();
        assertThat(created.getHeader().getRevision()).isEqualTo(revision);
        assertThat(created.getHeader().getMemberId()).isEqualTo(MemoryReplica.MEMBER_ID);

        long next = put("a", "2");
        WatchResponse response = watch.next();
        assertThat(response.getHeader().getRevision()).isEqualTo(next);
        assertThat(response.getEventsList()).singleElement().satisfies(event -> {
            assertThat(event.getType()).isEqualTo(Event.EventType.PUT);
            assertThat(event.getKv().getValue()).isEqualTo(EtcdApiFixture.bytes("2"));
            assertThat(event.hasPrevKv()).isFalse();
        });
    }

    @Test
    void idsBelongToTheStreamAndTheClientMayChooseThem() throws Exception {
        WatchClient watch = open();
        assertThat(watch.send(watching("a")).next().getWatchId()).isZero();
        assertThat(watch.send(watching("a").setWatchId(1)).next().getWatchId()).isEqualTo(1);
        assertThat(watch.send(watching("a")).next().getWatchId())
                .as("1 is in use")
                .isEqualTo(2);
        assertThat(watch.send(watching("a").setWatchId(77)).next().getWatchId()).isEqualTo(77);
        assertThat(open().send(watching("a")).next().getWatchId()).isZero();
    }

    @Test
    void aDuplicateIdIsRefusedAndTheFirstWatcherContinues() throws Exception {
        WatchClient watch =
                open().created(watching("a").setWatchId(5)).send(watching("b").setWatchId(5));
        assertRefused(watch.next(), "mvcc: duplicate watch ID provided on the WatchStream");
        put("a", "1");
        assertThat(watch.next().getWatchId()).isEqualTo(5);
    }

    private static void assertRefused(WatchResponse response, String reason) {
        assertThat(response.getCreated()).isTrue();
        assertThat(response.getCanceled()).isTrue();
        assertThat(response.getWatchId()).isEqualTo(-1);
        assertThat(response.getCancelReason()).isEqualTo(reason);
    }

    @Test
    void anEmptyRangeIsRefused() throws Exception {
        assertRefused(
                open().send(watching("b").setRangeEnd(EtcdApiFixture.bytes("a")))
                        .next(),
                "mvcc: watcher range is empty");
    }

    @Test
    void aNegativeRevisionIsRefusedAsCompacted() throws Exception {
        WatchResponse refusal = open().send(watching("a").setStartRevision(-1)).next();
        assertThat(refusal.getCancelReason()).endsWith("mvcc: required revision has been compacted");
        assertRefused(refusal, refusal.getCancelReason());
    }

    @Test
    void historyIsDeliveredFromTheRequestedRevision() throws Exception {
        put("a", "1");
        long second = put("a", "2");
        delete("a");
        put("b", "other");
        WatchClient watch =
                open().created(watching("a").setStartRevision(second).setPrevKv(true));
        List<Event> events = new ArrayList<>();
        while (events.size() < 2) {
            events.addAll(watch.next().getEventsList());
        }
        assertThat(events.get(0).getKv().getModRevision()).isEqualTo(second);
        assertThat(events.get(0).getPrevKv().getValue()).isEqualTo(EtcdApiFixture.bytes("1"));
        assertThat(events.get(1).getType()).isEqualTo(Event.EventType.DELETE);
        assertThat(events.get(1).getPrevKv().getValue()).isEqualTo(EtcdApiFixture.bytes("2"));
        assertThat(events.get(1).getKv().toBuilder()
                        .clearKey()
                        .clearModRevision()
                        .build()
                        .getSerializedSize())
                .as("a delete event has only the key and the revision")
                .isZero();
        assertThat(events.get(1).getKv().getModRevision()).isEqualTo(second + 1);
    }

    @Test
    void filteredEventsAreNotSent() throws Exception {
        WatchClient deletions = open().created(watching("a").addFilters(FilterType.NOPUT));
        WatchClient puts = open().created(watching("a").addFilters(FilterType.NODELETE));
        put("a", "1");
        delete("a");
        put("a", "2");
        assertThat(deletions.next().getEvents(0).getType()).isEqualTo(Event.EventType.DELETE);
        assertThat(puts.next().getEvents(0).getKv().getValue()).isEqualTo(EtcdApiFixture.bytes("1"));
        assertThat(puts.next().getEvents(0).getKv().getValue()).isEqualTo(EtcdApiFixture.bytes("2"));
    }

    @Test
    void cancellationIsConfirmedAndNoEventFollows() throws Exception {
        WatchClient watch = open().created(watching("a").setWatchId(1))
                .created(watching("a").setWatchId(2));
        WatchResponse canceled = watch.cancel(99).cancel(1).next();
        assertThat(canceled.getWatchId())
                .as("there is no response for the unknown id 99")
                .isEqualTo(1);
        assertThat(canceled.getCanceled()).isTrue();
        assertThat(canceled.getCreated()).isFalse();
        put("a", "1");
        assertThat(watch.next().getWatchId()).isEqualTo(2);
    }

    @Test
    void aCompactedWatcherIsCancelledWithTheRevisionToContinueFrom() throws Exception {
        put("a", "1");
        put("a", "2");
        long last = put("a", "3");
        api.kv().compact(CompactionRequest.newBuilder().setRevision(last).build());
        WatchClient watch = open().created(watching("a").setStartRevision(2));
        WatchResponse canceled = watch.next();
        assertThat(canceled.getCanceled()).isTrue();
        assertThat(canceled.getCompactRevision()).isEqualTo(last);
        assertThat(canceled.getHeader().getRevision()).isZero();
        assertThat(canceled.getCancelReason()).isEmpty();
        assertThat(watch.created(watching("a").setStartRevision(last)).next().getEventsCount())
                .as("the compacted revision itself is still delivered")
                .isEqualTo(1);
    }

    @Test
    void progressIsReportedForTheWholeStream() throws Exception {
        WatchClient watch = open().created(watching("a"));
        long revision = put("b", "elsewhere");
        WatchResponse progress = watch.requestProgress().next();
        assertThat(progress.getWatchId()).isEqualTo(-1);
        assertThat(progress.getEventsList()).isEmpty();
        assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
    }

    @Test
    void aLargeRevisionIsSentInFragmentsOnRequest() throws Exception {
        WatchClient fragmented = open().created(
                        watching("k").setRangeEnd(EtcdApiFixture.bytes("l")).setFragment(true));
        WatchClient whole = open().created(watching("k").setRangeEnd(EtcdApiFixture.bytes("l")));
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        String value = "x".repeat(600_000);
        for (int i = 0; i < EtcdApiFixture.OPERATIONS_MAX; i++) {
            txn.addSuccess(EtcdApiFixture.operation(EtcdApiFixture.put("k" + i, value)));
        }
        api.kv().txn(txn.build());

        assertThat(whole.next().getEventsCount()).isEqualTo(EtcdApiFixture.OPERATIONS_MAX);
        List<String> keys = new ArrayList<>();
        WatchResponse fragment = fragmented.next();
        assertThat(fragment.getFragment()).isTrue();
        while (fragment.getFragment()) {
            assertThat(fragment.getSerializedSize())
                    .isLessThan(EtcdApiFixture.REQUEST_BYTES_MAX + EtcdApiOptions.MESSAGE_BYTES_SLACK + 1_000);
            fragment.getEventsList()
                    .forEach(event -> keys.add(event.getKv().getKey().toStringUtf8()));
            fragment = fragmented.next();
        }
        fragment.getEventsList()
                .forEach(event -> keys.add(event.getKv().getKey().toStringUtf8()));
        assertThat(keys).containsExactly("k0", "k1", "k2", "k3");
    }

    @Test
    void streamsThatRequireALeaderFailWhenThereIsNone() throws Exception {
        WatchClient requiring = openRequiringLeader().created(watching("a"));
        WatchClient indifferent = open().created(watching("a"));
        api.replica.leaderKnown(false);
        Status end = requiring.end();
        assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(end.getDescription()).isEqualTo("etcdserver: no leader");
        assertThat(indifferent.requestProgress().next().getWatchId()).isEqualTo(-1);
    }

    @Test
    void streamsThatRequireALeaderAreNotOpenedWithoutOne() throws Exception {
        api.replica.leaderKnown(false);
        Status end = openRequiringLeader().end();
        assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(end.getDescription()).isEqualTo("etcdserver: no leader");
    }

    @Test
    void watchersBeyondTheLimitOfTheStreamAreRefused() throws Exception {
        WatchClient watch = open();
        for (int i = 0; i < WatchLimits.DEFAULT.watchersPerStreamMax(); i++) {
            watch.created(watching("a"));
        }
        WatchResponse refusal = watch.send(watching("a")).next();
        assertThat(refusal.getWatchId()).isEqualTo(-1);
        assertThat(refusal.getCanceled()).isTrue();
        assertThat(refusal.getCancelReason()).startsWith("etcdserver: too many requests");
        watch.cancel(0).next();
        watch.created(watching("a"));
    }

    @Test
    void watchersBeyondTheLimitOfTheNodeAreRefusedUntilOneIsCancelled() throws Exception {
        WatchLimits limits = new WatchLimits(2, 3, 1_000, 1 << 20, Duration.ofMinutes(10));
        try (EtcdApiFixture small = new EtcdApiFixture(1L << 30, limits)) {
            WatchClient one = new WatchClient(WatchGrpc.newStub(small.channel));
            WatchClient two = new WatchClient(WatchGrpc.newStub(small.channel));
            one.created(watching("a").setWatchId(1)).created(watching("a").setWatchId(2));
            two.created(watching("a").setWatchId(1));
            assertRefused(
                    two.send(watching("a").setWatchId(2)).next(),
                    "etcdserver: too many requests: a stream may have 2 watchers and this node 3");
            assertThat(one.cancel(1).next().getCanceled()).isTrue();
            two.created(watching("a").setWatchId(2));
        }
    }
}

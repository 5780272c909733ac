package io.mandate.server.watch;

import static io.mandate.server.watch.HubFixture.delete;
import static io.mandate.server.watch.HubFixture.put;
import static io.mandate.server.watch.HubFixture.watchFrom;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceLimits;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.loop.SharedEventLoop;
import io.mandate.server.watch.RecordingSink.Canceled;
import io.mandate.server.watch.RecordingSink.Created;
import io.mandate.server.watch.RecordingSink.Events;
import io.mandate.server.watch.RecordingSink.Overtaken;
import io.mandate.server.watch.RecordingSink.Progress;
import io.mandate.server.watch.RecordingSink.ProgressOfAll;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class WatchHubTest {
    private final HubFixture fixture = new HubFixture();
    private final RecordingSink sink = new RecordingSink();
    private final WatchStream stream = fixture.hub.open(sink);

    private static WatchSpec progressing() {
        return new WatchSpec(KeyRange.single(Bytes.utf8("quiet")), 0, false, true, true, true);
    }

    @Test
    void aWatcherIsCreatedBeforeItsEventsAndToldEachRevisionUnderItsOwnHeader() {
        stream.create(7, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"), put("b", "1"));
        assertThat(sink.messages.get(0)).isEqualTo(new Created(7, 1));
        assertThat(sink.all(Events.class).map(Events::revision)).containsExactly(2L, 3L);
        assertThat(sink.revisions()).containsExactly(2L, 3L);
    }

    @Test
    void whatTheStoreHeldAtCreationIsNotToldEvenIfTheHubHearsOfItLater() {
        fixture.apply(put("a", "1")); // revision 2 is in the store and on its way to the hub
        stream.create(1, watchFrom(0));
        fixture.write(put("a", "2"));
        assertThat(sink.messages.get(0)).isEqualTo(new Created(1, 3));
        assertThat(sink.revisions()).isEmpty();
        fixture.write(put("a", "3"));
        assertThat(sink.revisions()).containsExactly(4L);
    }

    @Test
    void aWatcherOfThePastReadsHistoryUnderTheStoresRevision() {
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"));
        stream.create(1, watchFrom(2));
        fixture.settle();
        assertThat(sink.all(Events.class).map(Events::revision)).containsExactly(4L);
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L);
        fixture.write(put("a", "4"));
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void aWatcherOfTheFutureWaitsForItsRevision() {
        stream.create(1, watchFrom(4));
        fixture.settle();
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"), put("a", "4"));
        assertThat(sink.revisions()).containsExactly(4L, 5L);
    }

    @Test
    void aWatcherOfTheFutureKeepsItsStartWhenAllFallBehind() {
        stream.create(1, watchFrom(5));
        fixture.settle();
        fixture.write(put("a", "1"));
        fixture.hub.restored();
        fixture.settle();
        fixture.write(put("a", "2"), put("a", "3"), put("a", "4"));
        assertThat(sink.revisions()).containsExactly(5L);
    }

    @Test
    void onlyWantedKeysAndKindsAreTold() {
        stream.create(1, new WatchSpec(KeyRange.single(Bytes.utf8("a")), 0, false, true, false, false));
        stream.create(2, new WatchSpec(KeyRange.single(Bytes.utf8("a")), 0, false, false, true, false));
        fixture.settle();
        fixture.write(put("a", "1"), put("b", "1"), delete("a"));
        assertThat(sink.all(Events.class).map(Events::watchId)).containsExactly(1L, 2L);
        assertThat(sink.revisions()).containsExactly(2L, 4L);
    }

    @Test
    void theKeyAsItWasIsToldOnlyToWhoAskedLiveAndFromHistory() {
        stream.create(1, watchFrom(0));
        stream.create(2, new WatchSpec(KeyRange.ALL, 0, true, true, true, false));
        fixture.settle();
        fixture.write(put("a", "1"), put("a", "2"));
        stream.create(3, watchFrom(3));
        stream.create(4, new WatchSpec(KeyRange.ALL, 3, true, true, true, false));
        fixture.settle();
        assertThat(sink.all(Events.class)
                        .filter(message -> message.events().get(0).revision() == 3)
                        .filter(message -> message.events().get(0).previous() != null)
                        .map(Events::watchId))
                .containsExactly(2L, 4L);
    }

    @Test
    void allEventsOfATransactionComeTogether() {
        stream.create(1, watchFrom(0));
        fixture.settle();
        fixture.write(new TxnOperation.Txn(List.of(), List.of(put("a", "1"), put("b", "1")), List.of()));
        assertThat(sink.all(Events.class)).hasSize(1);
        assertThat(sink.revisions()).containsExactly(2L, 2L);
    }

    @Test
    void aSinkThatIsNotReadyGetsNothingAndLaterEverythingOnce() {
        stream.create(1, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"));
        sink.ready = false;
        for (int i = 0; i < 200; i++) {
            fixture.write(put("a", "x"));
        }
        assertThat(sink.revisions()).containsExactly(2L);
        sink.ready = true;
        stream.resumed();
        fixture.settle();
        assertThat(sink.revisions()).hasSize(201).isSorted().doesNotHaveDuplicates();
        fixture.write(put("a", "y"));
        assertThat(sink.all(Events.class)
                        .reduce((one, other) -> other)
                        .orElseThrow()
                        .revision())
                .isEqualTo(203);
    }

    @Test
    void aSlowSinkDoesNotHoldUpOthers() {
        RecordingSink other = new RecordingSink();
        stream.create(1, watchFrom(0));
        fixture.hub.open(other).create(1, watchFrom(0));
        fixture.settle();
        sink.ready = false;
        fixture.write(put("a", "1"), put("a", "2"));
        assertThat(other.revisions()).containsExactly(2L, 3L);
    }

    @Test
    void largeValuesAreReadInMessagesOfBoundedSize() {
        String large = "x".repeat(400_000);
        for (int i = 0; i < 20; i++) {
            fixture.write(put("a", large));
        }
        stream.create(1, watchFrom(2));
        fixture.settle();
        assertThat(sink.revisions()).hasSize(20).isSorted().doesNotHaveDuplicates();
        assertThat(sink.all(Events.class).mapToInt(message -> message.events().size()))
                .allMatch(events -> events <= 3);
    }

    @Test
    void aClientThatTakesOneLargeMessageAtATimeMissesNothing() {
        for (int i = 0; i < 20; i++) {
            fixture.write(put("a", "x".repeat(400_000)));
        }
        RecordingSink narrow = new RecordingSink() {
            @Override
            public void events(long watchId, long revision, List<Event> events) {
                super.events(watchId, revision, events);
                ready = false;
            }
        };
        WatchStream reading = fixture.hub.open(narrow);
        reading.create(1, watchFrom(2));
        for (int i = 0; i < 20; i++) {
            fixture.settle();
            narrow.ready = true;
            reading.resumed();
        }
        assertThat(narrow.revisions()).hasSize(20).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aWatcherOvertakenByCompactionIsToldAndGone() {
        stream.create(1, watchFrom(0));
        fixture.settle();
        sink.ready = false;
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"));
        fixture.compact(4);
        sink.ready = true;
        stream.resumed();
        fixture.settle();
        fixture.write(put("a", "4"));
        assertThat(sink.messages).containsExactly(new Created(1, 1), new Overtaken(1, 4));
        assertThat(fixture.hub.watchers()).isZero();
    }

    @Test
    void theCompactedRevisionItselfCanBeWatchedFrom() {
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"));
        fixture.compact(3);
        stream.create(1, watchFrom(3));
        stream.create(2, watchFrom(2));
        fixture.settle();
        assertThat(sink.all(Events.class).map(Events::watchId)).containsExactly(1L);
        assertThat(sink.all(Overtaken.class)).containsExactly(new Overtaken(2, 3));
    }

    @Test
    void aCanceledWatcherIsToldOnceAndHearsNothingMore() {
        stream.create(1, watchFrom(0));
        stream.cancel(1);
        stream.cancel(1);
        stream.cancel(99);
        fixture.settle();
        fixture.write(put("a", "1"));
        assertThat(sink.messages).containsExactly(new Created(1, 1), new Canceled(1, 1));
        assertThat(fixture.hub.watchers()).isZero();
    }

    @Test
    void aClosedStreamHearsNothingAndFreesItsPlaces() {
        fixture.write(put("a", "1"));
        stream.create(1, watchFrom(0));
        stream.create(2, watchFrom(2));
        stream.close();
        stream.create(3, watchFrom(0));
        stream.requestProgress();
        fixture.settle();
        fixture.write(put("a", "2"));
        assertThat(sink.messages).containsExactly(new Created(1, 2), new Created(2, 2));
        assertThat(fixture.hub.watchers()).isZero();
    }

    @Test
    void moreWatchersThanAllowedAreRefusedAndPlacesComeBack() {
        HubFixture small = new HubFixture(new WatchLimits(2, 3, 10, 1 << 20, Duration.ofSeconds(1)));
        WatchStream one = small.hub.open(sink);
        WatchStream two = small.hub.open(sink);
        assertThat(one.create(1, watchFrom(0))).isTrue();
        assertThat(one.create(2, watchFrom(0))).isTrue();
        assertThat(one.create(3, watchFrom(0))).as("per stream").isFalse();
        assertThat(two.create(1, watchFrom(0))).isTrue();
        assertThat(two.create(2, watchFrom(0))).as("in all").isFalse();
        one.cancel(1);
        small.settle();
        assertThat(small.hub.watchers()).isEqualTo(2);
        assertThat(two.create(2, watchFrom(0))).isTrue();
    }

    @Test
    void whenTooManyEventsWaitEverybodyReadsThemFromHistory() {
        HubFixture small = new HubFixture(new WatchLimits(10, 10, 5, 1 << 20, Duration.ofSeconds(1)));
        WatchStream live = small.hub.open(sink);
        live.create(1, watchFrom(0));
        small.settle();
        for (int i = 0; i < 20; i++) {
            small.apply(put("a", "1"), put("b", "1"));
        }
        small.settle();
        small.write(put("a", "2"));
        assertThat(sink.revisions()).hasSize(41).isSorted().doesNotHaveDuplicates();
        assertThat(sink.all(Events.class).count()).as("not one by one").isLessThan(15);
    }

    @Test
    void aRestoredKeyspaceIsReadOnFromWhereTheWatcherWas() {
        stream.create(1, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"));
        fixture.quietly(put("a", "2"), put("a", "3"));
        fixture.hub.restored();
        fixture.settle();
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L);
        fixture.write(put("a", "4"));
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void progressOfAllIsToldOnlyWhenNobodyOfTheStreamIsBehind() {
        stream.create(1, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"));
        sink.ready = false;
        fixture.write(put("a", "2"));
        sink.ready = true; // but resumed() has not come yet
        stream.requestProgress();
        fixture.settle();
        assertThat(sink.all(ProgressOfAll.class)).isEmpty();
        stream.resumed();
        fixture.settle();
        stream.requestProgress();
        fixture.settle();
        assertThat(sink.messages.get(sink.messages.size() - 1)).isEqualTo(new ProgressOfAll(3));
    }

    @Test
    void progressIsNeverAheadOfWhatWasSentThoughTheStoreIs() {
        stream.create(1, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"));
        fixture.quietly(put("a", "2"));
        stream.requestProgress();
        fixture.settle();
        assertThat(sink.all(ProgressOfAll.class)).containsExactly(new ProgressOfAll(2));
    }

    @Test
    void anIdleNoticeIsNeverAheadOfWhatWasSentThoughTheStoreIs() {
        stream.create(1, progressing());
        fixture.settle();
        fixture.quietly(put("quiet", "1"));
        fixture.pass(HubFixture.INTERVAL.multipliedBy(2));
        assertThat(sink.all(Progress.class)).containsExactly(new Progress(1, 1));
    }

    @Test
    void aPageThatEndsJustBeforeTheLastRevisionIsNotTheLast() {
        for (int i = 0; i <= Watcher.PAGE_EVENTS_FIRST; i++) {
            fixture.write(put("a", "x"));
        }
        stream.create(1, watchFrom(2));
        fixture.settle();
        assertThat(sink.all(Events.class)).hasSize(2);
        assertThat(sink.revisions()).hasSize(Watcher.PAGE_EVENTS_FIRST + 1).isSorted();
    }

    @Test
    void progressIsNotQueuedForASinkThatIsNotReady() {
        stream.create(1, watchFrom(0));
        fixture.settle();
        sink.ready = false;
        for (int i = 0; i < 10; i++) {
            stream.requestProgress();
        }
        fixture.settle();
        assertThat(sink.all(ProgressOfAll.class)).isEmpty();
    }

    @Test
    void progressIsToldThoughNothingWasEverWritten() {
        stream.create(1, watchFrom(0));
        stream.requestProgress();
        fixture.settle();
        assertThat(sink.all(ProgressOfAll.class)).containsExactly(new ProgressOfAll(1));
    }

    @Test
    void anIdleWatcherThatAskedIsToldItsProgressFromTimeToTime() {
        stream.create(1, progressing());
        stream.create(2, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"));
        fixture.pass(HubFixture.INTERVAL.multipliedBy(9).dividedBy(10));
        assertThat(sink.all(Progress.class)).isEmpty();
        fixture.pass(HubFixture.INTERVAL.dividedBy(4));
        assertThat(sink.all(Progress.class)).containsExactly(new Progress(1, 2));
        fixture.pass(HubFixture.INTERVAL.multipliedBy(6).dividedBy(5));
        assertThat(sink.all(Progress.class)).hasSize(2);
    }

    @Test
    void aWatcherThatWasToldEventsIsNotIdle() {
        stream.create(1, progressing());
        fixture.settle();
        for (int i = 0; i < 10; i++) {
            fixture.pass(HubFixture.INTERVAL.multipliedBy(9).dividedBy(10));
            fixture.write(put("quiet", "1"));
        }
        assertThat(sink.all(Progress.class)).isEmpty();
    }

    @Test
    void aWatcherThatIsBehindIsToldItsProgressOnceItHasCaughtUp() {
        stream.create(1, progressing());
        fixture.settle();
        sink.ready = false;
        fixture.write(put("quiet", "1"));
        fixture.pass(HubFixture.INTERVAL.multipliedBy(2));
        assertThat(sink.all(Progress.class)).isEmpty();
        sink.ready = true;
        stream.resumed();
        fixture.settle();
        assertThat(sink.all(Progress.class)).isEmpty(); // its events were news enough
        fixture.pass(HubFixture.INTERVAL.multipliedBy(2));
        assertThat(sink.all(Progress.class)).containsExactly(new Progress(1, 2));
    }

    @Test
    void progressIsNotBelowTheRevisionThatTheWatcherWasCreatedAt() {
        fixture.quietly(put("a", "1")); // in the store, and the hub has yet to hear of it
        stream.create(1, watchFrom(0));
        stream.requestProgress();
        fixture.settle();
        assertThat(sink.messages).containsExactly(new Created(1, 2), new ProgressOfAll(2));
    }

    @Test
    void noProgressIsToldWhileAWatcherWaitsForALaterRevision() {
        stream.create(1, watchFrom(3));
        fixture.settle();
        fixture.write(put("a", "1"));
        stream.requestProgress();
        fixture.settle();
        assertThat(sink.all(ProgressOfAll.class)).isEmpty();
        fixture.write(put("a", "2"));
        stream.requestProgress();
        fixture.settle();
        assertThat(sink.all(ProgressOfAll.class)).containsExactly(new ProgressOfAll(3));
    }

    @Test
    void whoWantsTheSameIsGivenTheSameList() {
        stream.create(1, watchFrom(0));
        RecordingSink other = new RecordingSink();
        fixture.hub.open(other).create(1, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"), put("a", "2"));
        List<Events> ours = sink.all(Events.class).toList();
        List<Events> theirs = other.all(Events.class).toList();
        assertThat(ours).hasSize(2);
        for (int i = 0; i < 2; i++) {
            assertThat(ours.get(i).events()).isSameAs(theirs.get(i).events());
        }
    }

    @Test
    void manyWhoAreFarBehindDoNotHoldUpALiveWatcher() {
        for (int i = 0; i < 3_000; i++) {
            fixture.quietly(put("a", "x"));
        }
        fixture.hub.restored();
        fixture.settle();
        List<RecordingSink> late = new ArrayList<>();
        for (int i = 0; i < 90; i++) {
            RecordingSink reader = new RecordingSink();
            fixture.hub.open(reader).create(1, watchFrom(2));
            late.add(reader);
        }
        stream.create(1, watchFrom(0));
        fixture.turn();
        assertThat(late.stream().mapToLong(reader -> reader.revisions().size()).sum())
                .as("read in one turn")
                .isBetween(1L, 5_000L);
        for (int turn = 1; turn <= 10; turn++) {
            long before =
                    late.stream().mapToLong(reader -> reader.revisions().size()).sum();
            fixture.apply(put("b", "y"));
            fixture.turn();
            assertThat(sink.revisions()).as("told in the same turn").hasSize(turn);
            long read =
                    late.stream().mapToLong(reader -> reader.revisions().size()).sum() - before;
            assertThat(read).isBetween(1L, 5_000L);
        }
        fixture.settle();
        assertThat(late)
                .allSatisfy(reader ->
                        assertThat(reader.revisions()).hasSize(3_010).isSorted().doesNotHaveDuplicates());
    }

    @Test
    void aSinkThatThrowsLosesItsOwnStreamOnly() {
        RecordingSink faulty = new RecordingSink() {
            @Override
            public void events(long watchId, long revision, List<Event> events) {
                throw new IllegalStateException("call already closed");
            }
        };
        WatchStream broken = fixture.hub.open(faulty);
        broken.create(1, watchFrom(0));
        broken.create(2, watchFrom(0));
        stream.create(1, watchFrom(0));
        fixture.settle();
        fixture.write(put("a", "1"), put("a", "2"));
        assertThat(sink.revisions()).containsExactly(2L, 3L);
        assertThat(fixture.hub.watchers()).isEqualTo(1);
    }

    @Test
    void whenTooManyBytesWaitEverybodyReadsThemFromHistory() {
        HubFixture small = new HubFixture(new WatchLimits(10, 10, 1_000, 1_000, Duration.ofSeconds(1)));
        WatchStream live = small.hub.open(sink);
        live.create(1, watchFrom(0));
        small.settle();
        for (int i = 0; i < 20; i++) {
            small.apply(put("a", "x".repeat(300)));
        }
        small.settle();
        small.write(put("a", "2"));
        assertThat(sink.revisions()).hasSize(21).isSorted().doesNotHaveDuplicates();
        assertThat(sink.all(Events.class).count()).as("not one by one").isLessThan(10);
    }

    @Test
    void theHubsOwnThreadPlaysEvents() throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        try (SharedEventLoop loop = SharedEventLoop.start("test-hub");
                WatchHub hub = new WatchHub(() -> fixture.keyspace, WatchLimits.DEFAULT)) {
            hub.start(loop);
            hub.open(new LatchSink(told)).create(1, watchFrom(2));
            hub.applied(1, fixture.quietly(put("a", "1")));
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private record LatchSink(CountDownLatch told) implements WatchSink {
        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void created(long watchId, long storeRevision) {}

        @Override
        public void events(long watchId, long revision, List<Event> events) {
            told.countDown();
        }

        @Override
        public void progress(long watchId, long revision) {}

        @Override
        public void progressOfAll(long revision) {}

        @Override
        public void canceled(long watchId, long storeRevision) {}

        @Override
        public void overtaken(long watchId, long compactedRevision) {}
    }

    /** A node whose watches have died silently would look healthy and be useless. */
    @Test
    void aBugThatEndsTheThreadIsTold() throws Exception {
        Thread test = Thread.currentThread();
        Keyspace keyspace = new Keyspace(KeyspaceLimits.DEFAULT);
        Supplier<Keyspace> failingElsewhere = () -> {
            if (Thread.currentThread() != test) {
                throw new IllegalStateException("planted");
            }
            return keyspace;
        };
        try (SharedEventLoop loop = SharedEventLoop.start("test-hub");
                WatchHub hub = new WatchHub(failingElsewhere, WatchLimits.shared(1, HubFixture.INTERVAL))) {
            // Queued before the first turn, which comes at once: a hub without watchers is not woken.
            hub.restored();
            hub.start(loop);
            assertThat(hub.failure().get(20, TimeUnit.SECONDS))
                    .contains("watch hub")
                    .contains("planted");
        }
    }
}

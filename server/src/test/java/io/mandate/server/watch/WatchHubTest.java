package io.mandate.server.watch;

import static io.mandate.server.watch.HubFixture.delete;
import static io.mandate.server.watch.HubFixture.put;
import static io.mandate.server.watch.HubFixture.watchFrom;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.loop.SharedEventLoop;
import io.mandate.server.watch.RecordingSink.Canceled;
import io.mandate.server.watch.RecordingSink.Compacted;
import io.mandate.server.watch.RecordingSink.Created;
import io.mandate.server.watch.RecordingSink.Events;
import io.mandate.server.watch.RecordingSink.Progress;
import io.mandate.server.watch.RecordingSink.StreamProgress;
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

    private static WatchSpec progressNotified() {
        return new WatchSpec(KeyRange.single(Bytes.utf8("idle")), 0, false, true, true, true);
    }

    @Test
    void creationIsReportedBeforeEventsAndEachRevisionHasItsOwnHeader() {
        stream.create(7, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"), put("b", "1"));
        assertThat(sink.messages.get(0)).isEqualTo(new Created(7, 1));
        assertThat(sink.all(Events.class).map(Events::revision)).containsExactly(2L, 3L);
        assertThat(sink.revisions()).containsExactly(2L, 3L);
    }

    @Test
    void eventsBeforeTheCreationAreNotDeliveredEvenIfTheHubReceivesThemLater() {
        fixture.apply(put("a", "1")); // revision 2 is applied and queued in the hub
        stream.create(1, watchFrom(0));
        fixture.write(put("a", "2"));
        assertThat(sink.messages.get(0)).isEqualTo(new Created(1, 3));
        assertThat(sink.revisions()).isEmpty();
        fixture.write(put("a", "3"));
        assertThat(sink.revisions()).containsExactly(4L);
    }

    @Test
    void aWatcherWithAnEarlierStartReadsHistoryWithTheStoresRevisionInTheHeader() {
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"));
        stream.create(1, watchFrom(2));
        fixture.runUntilIdle();
        assertThat(sink.all(Events.class).map(Events::revision)).containsExactly(4L);
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L);
        fixture.write(put("a", "4"));
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void aWatcherWithALaterStartWaitsForItsRevision() {
        stream.create(1, watchFrom(4));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"), put("a", "4"));
        assertThat(sink.revisions()).containsExactly(4L, 5L);
    }

    @Test
    void aWatcherWithALaterStartKeepsItWhenAllBecomeUnsynced() {
        stream.create(1, watchFrom(5));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        fixture.hub.restored();
        fixture.runUntilIdle();
        fixture.write(put("a", "2"), put("a", "3"), put("a", "4"));
        assertThat(sink.revisions()).containsExactly(5L);
    }

    @Test
    void onlySelectedKeysAndEventTypesAreDelivered() {
        stream.create(1, new WatchSpec(KeyRange.single(Bytes.utf8("a")), 0, false, true, false, false));
        stream.create(2, new WatchSpec(KeyRange.single(Bytes.utf8("a")), 0, false, false, true, false));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"), put("b", "1"), delete("a"));
        assertThat(sink.all(Events.class).map(Events::watchId)).containsExactly(1L, 2L);
        assertThat(sink.revisions()).containsExactly(2L, 4L);
    }

    @Test
    void previousKeyValuesAreDeliveredOnRequestToSyncedAndUnsyncedWatchers() {
        stream.create(1, watchFrom(0));
        stream.create(2, new WatchSpec(KeyRange.ALL, 0, true, true, true, false));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"), put("a", "2"));
        stream.create(3, watchFrom(3));
        stream.create(4, new WatchSpec(KeyRange.ALL, 3, true, true, true, false));
        fixture.runUntilIdle();
        assertThat(sink.all(Events.class)
                        .filter(message -> message.events().get(0).revision() == 3)
                        .filter(message -> message.events().get(0).previous() != null)
                        .map(Events::watchId))
                .containsExactly(2L, 4L);
    }

    @Test
    void allEventsOfATransactionAreDeliveredTogether() {
        stream.create(1, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(new TxnOperation.Txn(List.of(), List.of(put("a", "1"), put("b", "1")), List.of()));
        assertThat(sink.all(Events.class)).hasSize(1);
        assertThat(sink.revisions()).containsExactly(2L, 2L);
    }

    @Test
    void aSinkThatIsNotReadyReceivesNothingAndLaterEachEventOnce() {
        stream.create(1, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        sink.ready = false;
        for (int i = 0; i < 200; i++) {
            fixture.write(put("a", "x"));
        }
        assertThat(sink.revisions()).containsExactly(2L);
        sink.ready = true;
        stream.resumed();
        fixture.runUntilIdle();
        assertThat(sink.revisions()).hasSize(201).isSorted().doesNotHaveDuplicates();
        fixture.write(put("a", "y"));
        assertThat(sink.all(Events.class)
                        .reduce((one, other) -> other)
                        .orElseThrow()
                        .revision())
                .isEqualTo(203);
    }

    @Test
    void aSlowSinkDoesNotDelayOthers() {
        RecordingSink other = new RecordingSink();
        stream.create(1, watchFrom(0));
        fixture.hub.open(other).create(1, watchFrom(0));
        fixture.runUntilIdle();
        sink.ready = false;
        fixture.write(put("a", "1"), put("a", "2"));
        assertThat(other.revisions()).containsExactly(2L, 3L);
    }

    @Test
    void largeValuesAreSentInMessagesOfBoundedSize() {
        String large = "x".repeat(400_000);
        for (int i = 0; i < 20; i++) {
            fixture.write(put("a", large));
        }
        stream.create(1, watchFrom(2));
        fixture.runUntilIdle();
        assertThat(sink.revisions()).hasSize(20).isSorted().doesNotHaveDuplicates();
        assertThat(sink.all(Events.class).mapToInt(message -> message.events().size()))
                .allMatch(events -> events <= 3);
    }

    @Test
    void aClientThatReceivesOneLargeMessageAtATimeMissesNothing() {
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
            fixture.runUntilIdle();
            narrow.ready = true;
            reading.resumed();
        }
        assertThat(narrow.revisions()).hasSize(20).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aCompactedWatcherIsReportedAndRemoved() {
        stream.create(1, watchFrom(0));
        fixture.runUntilIdle();
        sink.ready = false;
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"));
        fixture.compact(4);
        sink.ready = true;
        stream.resumed();
        fixture.runUntilIdle();
        fixture.write(put("a", "4"));
        assertThat(sink.messages).containsExactly(new Created(1, 1), new Compacted(1, 4));
        assertThat(fixture.hub.watchers()).isZero();
    }

    @Test
    void theCompactedRevisionItselfCanBeWatchedFrom() {
        fixture.write(put("a", "1"), put("a", "2"), put("a", "3"));
        fixture.compact(3);
        stream.create(1, watchFrom(3));
        stream.create(2, watchFrom(2));
        fixture.runUntilIdle();
        assertThat(sink.all(Events.class).map(Events::watchId)).containsExactly(1L);
        assertThat(sink.all(Compacted.class)).containsExactly(new Compacted(2, 3));
    }

    @Test
    void aCanceledWatcherIsReportedOnceAndReceivesNothingMore() {
        stream.create(1, watchFrom(0));
        stream.cancel(1);
        stream.cancel(1);
        stream.cancel(99);
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        assertThat(sink.messages).containsExactly(new Created(1, 1), new Canceled(1, 1));
        assertThat(fixture.hub.watchers()).isZero();
    }

    @Test
    void aClosedStreamReceivesNothingAndReleasesItsWatchers() {
        fixture.write(put("a", "1"));
        stream.create(1, watchFrom(0));
        stream.create(2, watchFrom(2));
        stream.close();
        stream.create(3, watchFrom(0));
        stream.requestProgress();
        fixture.runUntilIdle();
        fixture.write(put("a", "2"));
        assertThat(sink.messages).containsExactly(new Created(1, 2), new Created(2, 2));
        assertThat(fixture.hub.watchers()).isZero();
    }

    @Test
    void watchersBeyondTheLimitsAreRefusedUntilOthersAreRemoved() {
        HubFixture small = new HubFixture(new WatchLimits(2, 3, 10, 1 << 20, Duration.ofSeconds(1)));
        WatchStream one = small.hub.open(sink);
        WatchStream two = small.hub.open(sink);
        assertThat(one.create(1, watchFrom(0))).isTrue();
        assertThat(one.create(2, watchFrom(0))).isTrue();
        assertThat(one.create(3, watchFrom(0))).as("per stream").isFalse();
        assertThat(two.create(1, watchFrom(0))).isTrue();
        assertThat(two.create(2, watchFrom(0))).as("in total").isFalse();
        one.cancel(1);
        small.runUntilIdle();
        assertThat(small.hub.watchers()).isEqualTo(2);
        assertThat(two.create(2, watchFrom(0))).isTrue();
    }

    @Test
    void beyondTheLimitOfQueuedEventsAllWatchersReadHistory() {
        HubFixture small = new HubFixture(new WatchLimits(10, 10, 5, 1 << 20, Duration.ofSeconds(1)));
        WatchStream watch = small.hub.open(sink);
        watch.create(1, watchFrom(0));
        small.runUntilIdle();
        for (int i = 0; i < 20; i++) {
            small.apply(put("a", "1"), put("b", "1"));
        }
        small.runUntilIdle();
        small.write(put("a", "2"));
        assertThat(sink.revisions()).hasSize(41).isSorted().doesNotHaveDuplicates();
        assertThat(sink.all(Events.class).count()).as("read in pages").isLessThan(15);
    }

    @Test
    void aWatcherContinuesFromItsRevisionInARestoredKeyspace() {
        stream.create(1, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        fixture.applyUnnotified(put("a", "2"), put("a", "3"));
        fixture.hub.restored();
        fixture.runUntilIdle();
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L);
        fixture.write(put("a", "4"));
        assertThat(sink.revisions()).containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void streamProgressIsSentOnlyWhenAllWatchersOfTheStreamAreSynced() {
        stream.create(1, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        sink.ready = false;
        fixture.write(put("a", "2"));
        sink.ready = true; // but resumed() was not called yet
        stream.requestProgress();
        fixture.runUntilIdle();
        assertThat(sink.all(StreamProgress.class)).isEmpty();
        stream.resumed();
        fixture.runUntilIdle();
        stream.requestProgress();
        fixture.runUntilIdle();
        assertThat(sink.messages.get(sink.messages.size() - 1)).isEqualTo(new StreamProgress(3));
    }

    @Test
    void streamProgressIsNeverAheadOfTheEventsSent() {
        stream.create(1, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        fixture.applyUnnotified(put("a", "2"));
        stream.requestProgress();
        fixture.runUntilIdle();
        assertThat(sink.all(StreamProgress.class)).containsExactly(new StreamProgress(2));
    }

    @Test
    void aProgressNotificationIsNeverAheadOfTheEventsSent() {
        stream.create(1, progressNotified());
        fixture.runUntilIdle();
        fixture.applyUnnotified(put("idle", "1"));
        fixture.advance(HubFixture.INTERVAL.multipliedBy(2));
        assertThat(sink.all(Progress.class)).containsExactly(new Progress(1, 1));
    }

    @Test
    void aPageThatEndsJustBeforeTheLastRevisionIsFollowedByAnother() {
        for (int i = 0; i <= Watcher.PAGE_EVENTS_FIRST; i++) {
            fixture.write(put("a", "x"));
        }
        stream.create(1, watchFrom(2));
        fixture.runUntilIdle();
        assertThat(sink.all(Events.class)).hasSize(2);
        assertThat(sink.revisions()).hasSize(Watcher.PAGE_EVENTS_FIRST + 1).isSorted();
    }

    @Test
    void progressIsNotQueuedForASinkThatIsNotReady() {
        stream.create(1, watchFrom(0));
        fixture.runUntilIdle();
        sink.ready = false;
        for (int i = 0; i < 10; i++) {
            stream.requestProgress();
        }
        fixture.runUntilIdle();
        assertThat(sink.all(StreamProgress.class)).isEmpty();
    }

    @Test
    void progressIsSentInAnEmptyStore() {
        stream.create(1, watchFrom(0));
        stream.requestProgress();
        fixture.runUntilIdle();
        assertThat(sink.all(StreamProgress.class)).containsExactly(new StreamProgress(1));
    }

    @Test
    void anIdleWatcherReceivesProgressPeriodicallyOnRequest() {
        stream.create(1, progressNotified());
        stream.create(2, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        fixture.advance(HubFixture.INTERVAL.multipliedBy(9).dividedBy(10));
        assertThat(sink.all(Progress.class)).isEmpty();
        fixture.advance(HubFixture.INTERVAL.dividedBy(4));
        assertThat(sink.all(Progress.class)).containsExactly(new Progress(1, 2));
        fixture.advance(HubFixture.INTERVAL.multipliedBy(6).dividedBy(5));
        assertThat(sink.all(Progress.class)).hasSize(2);
    }

    @Test
    void aWatcherThatReceivesEventsIsNotIdle() {
        stream.create(1, progressNotified());
        fixture.runUntilIdle();
        for (int i = 0; i < 10; i++) {
            fixture.advance(HubFixture.INTERVAL.multipliedBy(9).dividedBy(10));
            fixture.write(put("idle", "1"));
        }
        assertThat(sink.all(Progress.class)).isEmpty();
    }

    @Test
    void anUnsyncedWatcherReceivesProgressOnceItHasCaughtUp() {
        stream.create(1, progressNotified());
        fixture.runUntilIdle();
        sink.ready = false;
        fixture.write(put("idle", "1"));
        fixture.advance(HubFixture.INTERVAL.multipliedBy(2));
        assertThat(sink.all(Progress.class)).isEmpty();
        sink.ready = true;
        stream.resumed();
        fixture.runUntilIdle();
        assertThat(sink.all(Progress.class)).isEmpty(); // events count as activity
        fixture.advance(HubFixture.INTERVAL.multipliedBy(2));
        assertThat(sink.all(Progress.class)).containsExactly(new Progress(1, 2));
    }

    @Test
    void progressIsNotBelowTheRevisionAtTheWatchersCreation() {
        fixture.applyUnnotified(put("a", "1")); // applied, but the hub was not notified yet
        stream.create(1, watchFrom(0));
        stream.requestProgress();
        fixture.runUntilIdle();
        assertThat(sink.messages).containsExactly(new Created(1, 2), new StreamProgress(2));
    }

    @Test
    void noProgressIsSentWhileAWatcherWaitsForALaterRevision() {
        stream.create(1, watchFrom(3));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"));
        stream.requestProgress();
        fixture.runUntilIdle();
        assertThat(sink.all(StreamProgress.class)).isEmpty();
        fixture.write(put("a", "2"));
        stream.requestProgress();
        fixture.runUntilIdle();
        assertThat(sink.all(StreamProgress.class)).containsExactly(new StreamProgress(3));
    }

    @Test
    void watchersWithTheSameOptionsGetTheSameList() {
        stream.create(1, watchFrom(0));
        RecordingSink other = new RecordingSink();
        fixture.hub.open(other).create(1, watchFrom(0));
        fixture.runUntilIdle();
        fixture.write(put("a", "1"), put("a", "2"));
        List<Events> ours = sink.all(Events.class).toList();
        List<Events> theirs = other.all(Events.class).toList();
        assertThat(ours).hasSize(2);
        for (int i = 0; i < 2; i++) {
            assertThat(ours.get(i).events()).isSameAs(theirs.get(i).events());
        }
    }

    @Test
    void manyUnsyncedWatchersDoNotDelayASyncedOne() {
        for (int i = 0; i < 3_000; i++) {
            fixture.applyUnnotified(put("a", "x"));
        }
        fixture.hub.restored();
        fixture.runUntilIdle();
        List<RecordingSink> readers = new ArrayList<>();
        for (int i = 0; i < 90; i++) {
            RecordingSink reader = new RecordingSink();
            fixture.hub.open(reader).create(1, watchFrom(2));
            readers.add(reader);
        }
        stream.create(1, watchFrom(0));
        fixture.runOnce();
        assertThat(readers.stream()
                        .mapToLong(reader -> reader.revisions().size())
                        .sum())
                .as("read in one run")
                .isBetween(1L, 5_000L);
        for (int run = 1; run <= 10; run++) {
            long before = readers.stream()
                    .mapToLong(reader -> reader.revisions().size())
                    .sum();
            fixture.apply(put("b", "y"));
            fixture.runOnce();
            assertThat(sink.revisions()).as("delivered in the same run").hasSize(run);
            long read = readers.stream()
                            .mapToLong(reader -> reader.revisions().size())
                            .sum()
                    - before;
            assertThat(read).isBetween(1L, 5_000L);
        }
        fixture.runUntilIdle();
        assertThat(readers)
                .allSatisfy(reader ->
                        assertThat(reader.revisions()).hasSize(3_010).isSorted().doesNotHaveDuplicates());
    }

    @Test
    void aSinkThatThrowsEndsOnlyItsOwnStream() {
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
        fixture.runUntilIdle();
        fixture.write(put("a", "1"), put("a", "2"));
        assertThat(sink.revisions()).containsExactly(2L, 3L);
        assertThat(fixture.hub.watchers()).isEqualTo(1);
    }

    @Test
    void beyondTheLimitOfQueuedBytesAllWatchersReadHistory() {
        HubFixture small = new HubFixture(new WatchLimits(10, 10, 1_000, 1_000, Duration.ofSeconds(1)));
        WatchStream watch = small.hub.open(sink);
        watch.create(1, watchFrom(0));
        small.runUntilIdle();
        for (int i = 0; i < 20; i++) {
            small.apply(put("a", "x".repeat(300)));
        }
        small.runUntilIdle();
        small.write(put("a", "2"));
        assertThat(sink.revisions()).hasSize(21).isSorted().doesNotHaveDuplicates();
        assertThat(sink.all(Events.class).count()).as("read in pages").isLessThan(10);
    }

    @Test
    void eventsAreDeliveredOnTheLoopThread() throws InterruptedException {
        CountDownLatch delivered = new CountDownLatch(1);
        try (SharedEventLoop loop = SharedEventLoop.start("test-hub");
                WatchHub hub = new WatchHub(() -> fixture.keyspace, WatchLimits.DEFAULT)) {
            hub.start(loop);
            hub.open(new LatchSink(delivered)).create(1, watchFrom(2));
            hub.applied(1, fixture.applyUnnotified(put("a", "1")));
            assertThat(delivered.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private record LatchSink(CountDownLatch delivered) implements WatchSink {
        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void created(long watchId, long storeRevision) {}

        @Override
        public void events(long watchId, long revision, List<Event> events) {
            delivered.countDown();
        }

        @Override
        public void progress(long watchId, long revision) {}

        @Override
        public void streamProgress(long revision) {}

        @Override
        public void canceled(long watchId, long storeRevision) {}

        @Override
        public void compacted(long watchId, long compactedRevision) {}
    }

    /** A node whose watches have ended without a report would seem healthy and be useless. */
    @Test
    void aBugThatEndsTheHubIsReported() throws Exception {
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
            // Queued before the first run, which follows at once: a hub without watchers is not woken.
            hub.restored();
            hub.start(loop);
            assertThat(hub.failure().get(20, TimeUnit.SECONDS))
                    .contains("watch hub")
                    .contains("planted");
        }
    }
}

package io.mandate.server.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.watch.RecordingSink.Canceled;
import io.mandate.server.watch.RecordingSink.Compacted;
import io.mandate.server.watch.RecordingSink.Created;
import io.mandate.server.watch.RecordingSink.Events;
import io.mandate.server.watch.RecordingSink.Message;
import io.mandate.server.watch.RecordingSink.Progress;
import io.mandate.server.watch.RecordingSink.StreamProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Random histories, watchers and sinks; every message is compared with the full list of events (S5). */
class WatchPropertyTest {
    private static final int SEEDS = 1_500;
    private static final int STEPS = 120;

    @Test
    void everyWatcherReceivesExactlyTheEventsItSelects() {
        int events = 0;
        int compacted = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            Run run = new Run(seed);
            try {
                run.go();
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError("seed " + seed, failure);
            }
            events += run.eventsSeen;
            compacted += run.compactedSeen;
        }
        assertThat(events).as("the runs must have checked events").isGreaterThan(SEEDS * 30);
        assertThat(compacted).isGreaterThan(SEEDS / 50);
    }

    private static final class Stream {
        final RecordingSink sink = new RecordingSink();
        final WatchStream watch;
        final Map<Long, ExpectedWatcher> expectedWatchers = new HashMap<>();
        boolean closed;
        int read;

        Stream(WatchHub hub) {
            watch = hub.open(sink);
        }
    }

    /** A watcher and its expected state. */
    private static final class ExpectedWatcher {
        final WatchSpec spec;
        boolean created;
        boolean ended;
        boolean cancelRequested;

        /** All selected events before this revision were received. */
        long next;

        ExpectedWatcher(WatchSpec spec) {
            this.spec = spec;
        }
    }

    private static final class Run {
        final Random random;
        final HubFixture fixture;
        final List<Stream> streams = new ArrayList<>();
        final List<Event> history = new ArrayList<>();
        long compactedRevision = -1;
        long nextWatchId;
        int eventsSeen;
        int compactedSeen;

        Run(long seed) {
            random = new Random(seed);
            fixture =
                    new HubFixture(new WatchLimits(100, 1_000, 1 + random.nextInt(30), 1 << 20, Duration.ofSeconds(1)));
        }

        void go() {
            for (int i = 0; i < 2; i++) {
                streams.add(new Stream(fixture.hub));
                create();
            }
            for (int step = 0; step < STEPS; step++) {
                step();
                streams.forEach(this::check);
            }
            for (Stream stream : streams) {
                stream.sink.ready = true;
                stream.watch.resumed();
            }
            fixture.runUntilIdle();
            for (Stream stream : streams) {
                stream.watch.requestProgress();
            }
            fixture.runUntilIdle();
            for (Stream stream : streams) {
                check(stream);
                if (!stream.closed) {
                    stream.expectedWatchers.values().stream()
                            .filter(watcher -> !watcher.ended)
                            .forEach(watcher -> assertThat(selected(watcher, watcher.next, Long.MAX_VALUE))
                                    .as("not delivered")
                                    .isEmpty());
                    boolean hasFutureWatcher = stream.expectedWatchers.values().stream()
                            .filter(watcher -> !watcher.ended)
                            .anyMatch(watcher -> watcher.spec.startRevision() > fixture.keyspace.revision());
                    if (!hasFutureWatcher) {
                        assertThat(stream.sink.messages.get(stream.sink.messages.size() - 1))
                                .isEqualTo(new StreamProgress(fixture.keyspace.revision()));
                    }
                }
            }
        }

        void step() {
            switch (random.nextInt(16)) {
                case 0 -> streams.add(new Stream(fixture.hub));
                case 1, 2 -> create();
                case 3 -> any(stream -> stream.sink.ready = false);
                case 4, 5 ->
                    any(stream -> {
                        stream.sink.ready = true;
                        stream.watch.resumed();
                    });
                case 6 -> any(this::cancel);
                case 7 -> any(stream -> stream.watch.requestProgress());
                case 8 -> compact();
                case 9 -> {
                    record(batch(), false);
                    fixture.hub.restored();
                }
                case 10 -> fixture.nowNanos += random.nextInt(400_000_000);
                case 11 -> {
                    if (random.nextInt(10) == 0) {
                        any(stream -> {
                            stream.watch.close();
                            stream.closed = true;
                        });
                    }
                }
                case 12, 13 -> fixture.runOnce();
                default -> record(batch(), true);
            }
        }

        void any(Consumer<Stream> action) {
            if (!streams.isEmpty()) {
                action.accept(streams.get(random.nextInt(streams.size())));
            }
        }

        void create() {
            any(stream -> {
                long revision = fixture.keyspace.revision();
                long start = random.nextInt(3) == 0 ? 0 : Math.max(1, revision - 20 + random.nextInt(25));
                WatchSpec spec = new WatchSpec(
                        keys(),
                        start,
                        random.nextBoolean(),
                        random.nextInt(5) > 0,
                        random.nextInt(5) > 0,
                        random.nextBoolean());
                if (!stream.closed && stream.watch.create(nextWatchId, spec)) {
                    stream.expectedWatchers.put(nextWatchId, new ExpectedWatcher(spec));
                    nextWatchId++;
                }
            });
        }

        void cancel(Stream stream) {
            for (Map.Entry<Long, ExpectedWatcher> entry : stream.expectedWatchers.entrySet()) {
                if (!entry.getValue().ended) {
                    entry.getValue().cancelRequested = true;
                    stream.watch.cancel(entry.getKey());
                    return;
                }
            }
        }

        void compact() {
            long revision = fixture.keyspace.revision() - random.nextInt(12);
            if (revision > compactedRevision && revision > 0) {
                fixture.compact(revision);
                compactedRevision = revision;
            }
        }

        KeyRange keys() {
            return switch (random.nextInt(4)) {
                case 0 -> KeyRange.ALL;
                case 1 -> new KeyRange(key(), key());
                default -> KeyRange.single(key());
            };
        }

        Bytes key() {
            return Bytes.utf8("k" + random.nextInt(6));
        }

        Command[] batch() {
            Command[] batch = new Command[1 + random.nextInt(6)];
            for (int i = 0; i < batch.length; i++) {
                batch[i] = switch (random.nextInt(4)) {
                    case 0 -> new TxnOperation.DeleteRange(keys(), false);
                    case 1 ->
                        new TxnOperation.Txn(
                                List.of(),
                                List.of(
                                        TxnOperation.Put.of(Bytes.utf8("k0"), Bytes.EMPTY),
                                        TxnOperation.Put.of(Bytes.utf8("k" + (1 + random.nextInt(5))), Bytes.EMPTY)),
                                List.of());
                    default -> TxnOperation.Put.of(key(), Bytes.EMPTY);
                };
            }
            return batch;
        }

        void record(Command[] batch, boolean notified) {
            var applied = fixture.applyUnnotified(batch);
            applied.forEach(one -> history.addAll(one.events()));
            if (notified) {
                fixture.hub.applied(1, applied);
            }
        }

        List<Event> selected(ExpectedWatcher watcher, long from, long to) {
            return history.stream()
                    .filter(event -> event.revision() >= from && event.revision() <= to)
                    .filter(event ->
                            watcher.spec.keys().contains(event.keyValue().key()))
                    .filter(event -> event.type() == Event.Type.PUT ? watcher.spec.puts() : watcher.spec.deletes())
                    .toList();
        }

        void check(Stream stream) {
            while (stream.read < stream.sink.messages.size()) {
                check(stream, stream.sink.messages.get(stream.read++));
            }
        }

        void check(Stream stream, Message message) {
            if (message instanceof Created created) {
                ExpectedWatcher watcher = watcher(stream, created.watchId());
                assertThat(watcher.created).isFalse();
                watcher.created = true;
                long start = watcher.spec.startRevision();
                watcher.next = start == 0 ? created.revision() + 1 : start;
            } else if (message instanceof Events events) {
                ExpectedWatcher watcher = active(stream, events.watchId());
                long last = events.events().get(events.events().size() - 1).revision();
                List<Event> expected = selected(watcher, watcher.next, last);
                assertThat(events.events())
                        .extracting(Event::keyValue)
                        .containsExactlyElementsOf(
                                expected.stream().map(Event::keyValue).toList());
                assertThat(events.revision()).isBetween(last, fixture.keyspace.revision());
                for (int i = 0; i < expected.size(); i++) {
                    Event notified = events.events().get(i);
                    if (notified.previous() != null) {
                        assertThat(watcher.spec.previousKeyValues()).isTrue();
                        assertThat(notified).isEqualTo(expected.get(i));
                    } else if (watcher.spec.previousKeyValues() && notified.revision() > compactedRevision) {
                        assertThat(expected.get(i).previous()).isNull();
                    }
                }
                watcher.next = last + 1;
                eventsSeen += expected.size();
            } else if (message instanceof Progress progress) {
                ExpectedWatcher watcher = active(stream, progress.watchId());
                assertThat(watcher.spec.progressNotify()).isTrue();
                assertThat(selected(watcher, watcher.next, progress.revision())).isEmpty();
            } else if (message instanceof StreamProgress progress) {
                stream.expectedWatchers.values().stream()
                        .filter(watcher -> watcher.created && !watcher.ended)
                        .forEach(watcher -> assertThat(selected(watcher, watcher.next, progress.revision()))
                                .isEmpty());
            } else if (message instanceof Canceled canceled) {
                ExpectedWatcher watcher = active(stream, canceled.watchId());
                assertThat(watcher.cancelRequested).isTrue();
                watcher.ended = true;
            } else if (message instanceof Compacted compacted) {
                ExpectedWatcher watcher = active(stream, compacted.watchId());
                assertThat(watcher.next).isLessThan(compacted.compactedRevision());
                watcher.ended = true;
                compactedSeen++;
            }
        }

        ExpectedWatcher watcher(Stream stream, long watchId) {
            ExpectedWatcher watcher = stream.expectedWatchers.get(watchId);
            assertThat(watcher).as("watcher %d", watchId).isNotNull();
            return Objects.requireNonNull(watcher);
        }

        ExpectedWatcher active(Stream stream, long watchId) {
            ExpectedWatcher watcher = watcher(stream, watchId);
            assertThat(watcher.created && !watcher.ended)
                    .as("watcher %d is active", watchId)
                    .isTrue();
            return watcher;
        }
    }
}

package io.mandate.server.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.watch.RecordingSink.Canceled;
import io.mandate.server.watch.RecordingSink.Created;
import io.mandate.server.watch.RecordingSink.Events;
import io.mandate.server.watch.RecordingSink.Message;
import io.mandate.server.watch.RecordingSink.Overtaken;
import io.mandate.server.watch.RecordingSink.Progress;
import io.mandate.server.watch.RecordingSink.ProgressOfAll;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Random histories, watchers and sinks; every message is held against the full list of events (S5). */
class WatchPropertyTest {
    private static final int SEEDS = 1_500;
    private static final int STEPS = 120;

    @Test
    void everyWatcherIsToldExactlyItsPartOfHistory() {
        int events = 0;
        int overtaken = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            Run run = new Run(seed);
            try {
                run.go();
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError("seed " + seed, failure);
            }
            events += run.eventsSeen;
            overtaken += run.overtakenSeen;
        }
        assertThat(events).as("the runs must have had something to check").isGreaterThan(SEEDS * 30);
        assertThat(overtaken).isGreaterThan(SEEDS / 50);
    }

    private static final class Stream {
        final RecordingSink sink = new RecordingSink();
        final WatchStream watch;
        final Map<Long, Wish> wishes = new HashMap<>();
        boolean closed;
        int read;

        Stream(WatchHub hub) {
            watch = hub.open(sink);
        }
    }

    /** A watcher and where the checker thinks it stands. */
    private static final class Wish {
        final WatchSpec spec;
        boolean created;
        boolean gone;
        boolean cancelWished;

        /** Every wanted event before this was seen. */
        long next;

        Wish(WatchSpec spec) {
            this.spec = spec;
        }
    }

    private static final class Run {
        final Random random;
        final HubFixture fixture;
        final List<Stream> streams = new ArrayList<>();
        final List<Event> history = new ArrayList<>();
        long compacted = -1;
        long nextWatchId;
        int eventsSeen;
        int overtakenSeen;

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
            fixture.settle();
            for (Stream stream : streams) {
                stream.watch.requestProgress();
            }
            fixture.settle();
            for (Stream stream : streams) {
                check(stream);
                if (!stream.closed) {
                    stream.wishes.values().stream()
                            .filter(wish -> !wish.gone)
                            .forEach(wish -> assertThat(wanted(wish, wish.next, Long.MAX_VALUE))
                                    .as("left untold")
                                    .isEmpty());
                    boolean someoneWaitsForLater = stream.wishes.values().stream()
                            .anyMatch(wish -> !wish.gone && wish.spec.startRevision() > fixture.keyspace.revision());
                    if (!someoneWaitsForLater) {
                        assertThat(stream.sink.messages.get(stream.sink.messages.size() - 1))
                                .isEqualTo(new ProgressOfAll(fixture.keyspace.revision()));
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
                case 12, 13 -> fixture.turn();
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
                    stream.wishes.put(nextWatchId, new Wish(spec));
                    nextWatchId++;
                }
            });
        }

        void cancel(Stream stream) {
            for (Map.Entry<Long, Wish> entry : stream.wishes.entrySet()) {
                if (!entry.getValue().gone) {
                    entry.getValue().cancelWished = true;
                    stream.watch.cancel(entry.getKey());
                    return;
                }
            }
        }

        void compact() {
            long revision = fixture.keyspace.revision() - random.nextInt(12);
            if (revision > compacted && revision > 0) {
                fixture.compact(revision);
                compacted = revision;
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

        void record(Command[] batch, boolean told) {
            var applied = fixture.quietly(batch);
            applied.forEach(one -> history.addAll(one.events()));
            if (told) {
                fixture.hub.applied(1, applied);
            }
        }

        List<Event> wanted(Wish wish, long from, long to) {
            return history.stream()
                    .filter(event -> event.revision() >= from && event.revision() <= to)
                    .filter(event -> wish.spec.keys().contains(event.keyValue().key()))
                    .filter(event -> event.type() == Event.Type.PUT ? wish.spec.puts() : wish.spec.deletes())
                    .toList();
        }

        void check(Stream stream) {
            while (stream.read < stream.sink.messages.size()) {
                check(stream, stream.sink.messages.get(stream.read++));
            }
        }

        void check(Stream stream, Message message) {
            if (message instanceof Created created) {
                Wish wish = wish(stream, created.watchId());
                assertThat(wish.created).isFalse();
                wish.created = true;
                wish.next = wish.spec.startRevision() == 0 ? created.revision() + 1 : wish.spec.startRevision();
            } else if (message instanceof Events events) {
                Wish wish = living(stream, events.watchId());
                long last = events.events().get(events.events().size() - 1).revision();
                List<Event> expected = wanted(wish, wish.next, last);
                assertThat(events.events())
                        .extracting(Event::keyValue)
                        .containsExactlyElementsOf(
                                expected.stream().map(Event::keyValue).toList());
                assertThat(events.revision()).isBetween(last, fixture.keyspace.revision());
                for (int i = 0; i < expected.size(); i++) {
                    Event told = events.events().get(i);
                    if (told.previous() != null) {
                        assertThat(wish.spec.previousKeyValues()).isTrue();
                        assertThat(told).isEqualTo(expected.get(i));
                    } else if (wish.spec.previousKeyValues() && told.revision() > compacted) {
                        assertThat(expected.get(i).previous()).isNull();
                    }
                }
                wish.next = last + 1;
                eventsSeen += expected.size();
            } else if (message instanceof Progress progress) {
                Wish wish = living(stream, progress.watchId());
                assertThat(wish.spec.progressNotify()).isTrue();
                assertThat(wanted(wish, wish.next, progress.revision())).isEmpty();
            } else if (message instanceof ProgressOfAll progress) {
                stream.wishes.values().stream()
                        .filter(wish -> wish.created && !wish.gone)
                        .forEach(wish -> assertThat(wanted(wish, wish.next, progress.revision()))
                                .isEmpty());
            } else if (message instanceof Canceled canceled) {
                Wish wish = living(stream, canceled.watchId());
                assertThat(wish.cancelWished).isTrue();
                wish.gone = true;
            } else if (message instanceof Overtaken overtaken) {
                Wish wish = living(stream, overtaken.watchId());
                assertThat(wish.next).isLessThan(overtaken.compactedRevision());
                wish.gone = true;
                overtakenSeen++;
            }
        }

        Wish wish(Stream stream, long watchId) {
            Wish wish = stream.wishes.get(watchId);
            assertThat(wish).as("watcher %d", watchId).isNotNull();
            return Objects.requireNonNull(wish);
        }

        Wish living(Stream stream, long watchId) {
            Wish wish = wish(stream, watchId);
            assertThat(wish.created && !wish.gone)
                    .as("watcher %d lives", watchId)
                    .isTrue();
            return wish;
        }
    }
}

package io.mandate.server.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Event;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Prints measurements; the assertions hold on any machine. */
@Tag("long")
class FanOutTest {
    private static final class CountingSink implements WatchSink {
        long events;

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void created(long watchId, long storeRevision) {}

        @Override
        public void events(long watchId, long revision, List<Event> found) {
            events += found.size();
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

    @Test
    void aThousandWatchersOfOneKey() {
        HubFixture fixture = new HubFixture(new WatchLimits(2_000, 2_000, 1_000_000, 1 << 20, Duration.ofMinutes(1)));
        CountingSink sink = new CountingSink();
        for (int stream = 0; stream < 10; stream++) {
            WatchStream watch = fixture.hub.open(sink);
            for (int id = 0; id < 100; id++) {
                watch.create(id, HubFixture.watchFrom(0));
            }
        }
        fixture.runUntilIdle();
        for (int round = 0; round < 3; round++) {
            long before = sink.events;
            long start = System.nanoTime();
            for (int i = 0; i < 5_000; i++) {
                fixture.write(HubFixture.put("key", "value"));
            }
            long nanos = System.nanoTime() - start;
            assertThat(sink.events - before).isEqualTo(5_000_000);
            System.out.printf(
                    Locale.ROOT,
                    "watch_fan_out watchers=1000 writes=5000 events_per_second=%d%n",
                    5_000_000L * 1_000_000_000 / nanos);
        }
    }
}

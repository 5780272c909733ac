package io.mandate.server.watch;

import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A hub over a real keyspace, run by the test's thread in {@link #runUntilIdle} and {@link #runOnce}. */
final class HubFixture {
    static final Duration INTERVAL = Duration.ofSeconds(10);

    final Keyspace keyspace = new Keyspace(KeyspaceLimits.DEFAULT);
    final WatchHub hub;
    long nowNanos = 1;

    HubFixture() {
        this(new WatchLimits(100, 150, 1_000, 1 << 20, INTERVAL));
    }

    HubFixture(WatchLimits limits) {
        hub = new WatchHub(() -> keyspace, limits, () -> nowNanos);
    }

    static TxnOperation.Put put(String key, String value) {
        return TxnOperation.Put.of(Bytes.utf8(key), Bytes.utf8(value));
    }

    static TxnOperation.DeleteRange delete(String key) {
        return new TxnOperation.DeleteRange(KeyRange.single(Bytes.utf8(key)), false);
    }

    static WatchSpec watchFrom(long revision) {
        return new WatchSpec(KeyRange.ALL, revision, false, true, true, false);
    }

    /** Applies commands without notifying the hub. */
    List<Applied> applyUnnotified(Command... commands) {
        List<Applied> batch = new ArrayList<>();
        for (Command command : commands) {
            Applied applied = keyspace.apply(keyspace.appliedIndex() + 1, 1, Request.of(command));
            if (applied.outcome() instanceof Outcome.Refused refused) {
                throw new AssertionError(command + " was refused: " + refused);
            }
            batch.add(applied);
        }
        return batch;
    }

    /** Applies commands as one batch. */
    void apply(Command... commands) {
        hub.applied(1, applyUnnotified(commands));
    }

    /** Applies commands and runs the hub until it is idle. */
    void write(Command... commands) {
        apply(commands);
        runUntilIdle();
    }

    void compact(long revision) {
        applyUnnotified(new Command.Compact(revision));
        while (keyspace.trim(1_000)) {
            // until nothing is left
        }
    }

    void runOnce() {
        hub.runOnce();
    }

    void runUntilIdle() {
        do {
            runOnce();
        } while (!hub.isIdle());
    }

    void advance(Duration time) {
        nowNanos += time.toNanos();
        runUntilIdle();
    }
}

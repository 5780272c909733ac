package io.mandate.server.watch;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceLimits;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.TxnOperation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A hub over a real keyspace, run by hand: nothing happens but in {@link #settle} and {@link #turn}. */
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

    /** Applies without telling the hub. */
    List<Applied> quietly(Command... commands) {
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

    /** Applies as one batch. */
    void apply(Command... commands) {
        hub.applied(1, quietly(commands));
    }

    /** Applies and lets the hub finish. */
    void write(Command... commands) {
        apply(commands);
        settle();
    }

    void compact(long revision) {
        quietly(new Command.Compact(revision));
        while (keyspace.trim(1_000)) {
            // all of it
        }
    }

    void turn() {
        hub.turn();
    }

    void settle() {
        do {
            turn();
        } while (!hub.isIdle());
    }

    void pass(Duration time) {
        nowNanos += time.toNanos();
        settle();
    }
}

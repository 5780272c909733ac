package io.mandate.keyspace.index;

import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Revisions that somebody reads for long, so that trimming must not pass them. Thread-safe.
 *
 * <p>A reader pins and then looks whether trimming has passed the revision; the trimmer announces how far it goes and
 * then looks for pins. With a full fence between the two steps on both sides at least one of them sees the other and
 * gives way.
 */
public final class Pins {
    private final Set<Pin> pins = ConcurrentHashMap.newKeySet();

    /** A pin; equal to none but itself. */
    public final class Pin implements AutoCloseable {
        private final long revision;

        private Pin(long revision) {
            this.revision = revision;
        }

        public long revision() {
            return revision;
        }

        @Override
        public void close() {
            pins.remove(this);
        }
    }

    public Pin pin(long revision) {
        Pin pin = new Pin(revision);
        pins.add(pin);
        VarHandle.fullFence();
        return pin;
    }

    /** The lowest revision pinned, {@link Long#MAX_VALUE} for none. */
    public long lowest() {
        VarHandle.fullFence();
        long lowest = Long.MAX_VALUE;
        for (Pin pin : pins) {
            lowest = Math.min(lowest, pin.revision);
        }
        return lowest;
    }
}

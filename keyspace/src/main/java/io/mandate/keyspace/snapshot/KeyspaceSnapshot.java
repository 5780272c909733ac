package io.mandate.keyspace.snapshot;

import io.mandate.keyspace.codec.Sink;
import io.mandate.keyspace.index.Pins;
import io.mandate.keyspace.state.State;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A keyspace as it was at one moment, to be sent or stored in chunks while the keyspace goes on. Used by one thread at
 * a time, any; must be closed, since until then nothing that it needs is trimmed.
 */
public final class KeyspaceSnapshot implements AutoCloseable {
    private final StateRecords.Captured captured;
    private final Pins.Pin pin;
    private final StateRecords records;
    private final Frames frames = new Frames();
    private long frameNumber = -1;
    private boolean recordsLeft = true;

    public KeyspaceSnapshot(State state) {
        this.captured = StateRecords.Captured.of(state);
        this.pin = state.pins.pin(captured.compactedRevision());
        this.records = new StateRecords(captured);
    }

    /** Log index of the last entry applied before. */
    public long appliedIndex() {
        return captured.appliedIndex();
    }

    /** Term of that entry. */
    public long appliedTerm() {
        return captured.appliedTerm();
    }

    public long revision() {
        return captured.revision();
    }

    /**
     * The next piece, 256 KiB at most; empty after the last. All pieces joined are what a
     * {@link KeyspaceSnapshotReader} reads.
     */
    public Optional<byte[]> nextChunk() {
        if (frameNumber < 0) {
            frameNumber = 0;
            return Optional.of(ByteBuffer.allocate(SnapshotFormat.PREAMBLE_BYTES)
                    .put(SnapshotFormat.MAGIC)
                    .putInt(SnapshotFormat.VERSION)
                    .array());
        }
        int payloadMax = SnapshotFormat.FRAME_BYTES_MAX - SnapshotFormat.FRAME_HEADER_BYTES;
        while (recordsLeft && frames.pending.size() < payloadMax) {
            if (!records.step(frames)) {
                recordsLeft = false;
                frames.start(SnapshotFormat.END).number(frames.records);
                frames.end();
            }
        }
        int size = Math.min(payloadMax, frames.pending.size());
        return size == 0 ? Optional.empty() : Optional.of(frame(size));
    }

    /**
     * A hash of everything replicated (S4): equal on all nodes that applied the same log up to the same index, however
     * they came there. Takes as long as reading everything; does not disturb the chunks.
     */
    public long contentHash() {
        ContentHash hash = new ContentHash();
        StateRecords all = new StateRecords(captured);
        while (all.step(hash)) {
            // every record
        }
        return hash.value();
    }

    /** Lets trimming go on. No other method may be called afterwards. */
    @Override
    public void close() {
        pin.close();
    }

    private byte[] frame(int size) {
        byte[] chunk = new byte[SnapshotFormat.FRAME_HEADER_BYTES + size];
        ByteBuffer payload =
                frames.pending.written().limit(frames.pending.written().position() + size);
        ByteBuffer.wrap(chunk)
                .putInt(size)
                .putInt(SnapshotFormat.checksum(frameNumber++, payload))
                .put(payload);
        frames.pending.drop(size);
        return chunk;
    }

    /** Records waiting to be cut into frames. */
    private static final class Frames implements RecordSink {
        private final Sink.Growing pending = new Sink.Growing();
        private int place;
        private long records;

        @Override
        public Sink start(int type) {
            place = pending.reserveInt();
            pending.octet(type);
            return pending;
        }

        @Override
        public void end() {
            pending.setInt(place, pending.size() - place - Integer.BYTES);
            records++;
        }
    }
}

package io.mandate.server.log;

import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.Condition;

/** A write that a thread waits for. The final fields are immutable, the others guarded by the log's lock. */
final class PendingWrite {
    static final byte[] NO_PAYLOAD = {};

    final RecordType type;
    final int group;

    /** The index of the first entry, or as the type defines. */
    final long index;

    final List<byte[]> payloads;
    final BitSet marked;

    /** Signalled when the write is complete or has failed, or when its thread may execute the pending writes. */
    final Condition wakeup;

    boolean done;

    PendingWrite(RecordType type, int group, long index, List<byte[]> payloads, BitSet marked, Condition wakeup) {
        this.type = type;
        this.group = group;
        this.index = index;
        this.payloads = payloads;
        this.marked = marked;
        this.wakeup = wakeup;
    }

    RecordType type(int i) {
        return type == RecordType.ENTRY && marked.get(i) ? RecordType.MARKED_ENTRY : type;
    }
}

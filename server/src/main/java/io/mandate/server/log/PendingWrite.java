package io.mandate.server.log;

import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.Condition;

/** What a thread waits to have in the log. Guarded by the log's lock, but for what never changes. */
final class PendingWrite {
    static final byte[] NO_PAYLOAD = {};

    final RecordType type;
    final int group;

    /** Of the first entry, or as the type says. */
    final long index;

    final List<byte[]> payloads;
    final BitSet marked;

    /** Signalled when the operation is done, has failed, or its thread may carry out what waits. */
    final Condition turn;

    boolean done;

    PendingWrite(RecordType type, int group, long index, List<byte[]> payloads, BitSet marked, Condition turn) {
        this.type = type;
        this.group = group;
        this.index = index;
        this.payloads = payloads;
        this.marked = marked;
        this.turn = turn;
    }

    RecordType type(int place) {
        return type == RecordType.ENTRY && marked.get(place) ? RecordType.MARKED_ENTRY : type;
    }
}

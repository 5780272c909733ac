package io.mandate.keyspace.snapshot;

import io.mandate.keyspace.codec.Sink;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A 64-bit hash over records. Members, alarms, keys and changes count in their order; leases, sessions and answers,
 * which are kept in no particular order, by sum. Against accidents, not against adversaries.
 */
public final class ContentHash implements RecordSink {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME = 0x9e3779b97f4a7c15L;

    private final Sink.Growing record = new Sink.Growing();
    private boolean ordered;
    private long chain;
    private long sum;

    @Override
    public Sink start(int type) {
        record.clear();
        record.octet(type);
        ordered = type != SnapshotFormat.LEASE && type != SnapshotFormat.SESSION && type != SnapshotFormat.ANSWER;
        return record;
    }

    @Override
    public void end() {
        long hash = hash(record.written());
        if (ordered) {
            chain = mix(chain * PRIME + hash);
        } else {
            sum += hash;
        }
    }

    public long value() {
        return mix(chain ^ mix(sum + PRIME));
    }

    private static long hash(ByteBuffer bytes) {
        byte[] array = bytes.array();
        int position = bytes.arrayOffset() + bytes.position();
        int end = position + bytes.remaining();
        long hash = bytes.remaining() * PRIME;
        for (; position + Long.BYTES <= end; position += Long.BYTES) {
            hash = mix(hash ^ (long) LONGS.get(array, position));
        }
        long rest = 0;
        for (; position < end; position++) {
            rest = rest << 8 | (array[position] & 0xff);
        }
        return mix(hash ^ rest);
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 32)) * PRIME;
        return z ^ (z >>> 29);
    }
}

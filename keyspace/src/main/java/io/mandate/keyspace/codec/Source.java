package io.mandate.keyspace.codec;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.RequestRules;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads what a {@link Sink} wrote. Trusts nothing: every length is held against what is left, so that no hostile number
 * makes it allocate more than a small multiple of the input, and nesting is bounded.
 */
public final class Source {
    private static final int LIST_CAPACITY_FIRST_MAX = 16;

    private final ByteBuffer buffer;
    private final String what;
    private int depth;

    /** @param what named in complaints */
    public Source(ByteBuffer buffer, String what) {
        this.buffer = buffer;
        this.what = what;
    }

    public boolean isAtEnd() {
        return !buffer.hasRemaining();
    }

    public int octet() {
        if (!buffer.hasRemaining()) {
            throw malformed("it ends too early");
        }
        return buffer.get() & 0xff;
    }

    public long number() {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int octet = octet();
            result |= (long) (octet & 0x7f) << shift;
            if (octet < 0x80) {
                if (shift == 63 && octet > 1) {
                    break;
                }
                return (result >>> 1) ^ -(result & 1);
            }
        }
        throw malformed("a number is too long");
    }

    public byte[] array() {
        byte[] array = new byte[length()];
        try {
            buffer.get(array);
        } catch (BufferUnderflowException e) {
            throw new AssertionError("length() lets no more through than is left", e);
        }
        return array;
    }

    Bytes bytes() {
        return Bytes.owning(array());
    }

    String text() {
        return new String(array(), StandardCharsets.UTF_8);
    }

    public boolean flag() {
        int octet = octet();
        if (octet > 1) {
            throw malformed("a flag is " + octet);
        }
        return octet == 1;
    }

    <E> E choice(E[] values) {
        return choice(values, octet());
    }

    <E> E choice(E[] values, int index) {
        if (index >= values.length) {
            throw malformed("a choice of " + values.length + " is " + index);
        }
        return values[index];
    }

    <T> List<T> list(Function<Source, T> each) {
        int size = length();
        List<T> list = new ArrayList<>(Math.min(size, LIST_CAPACITY_FIRST_MAX));
        for (int i = 0; i < size; i++) {
            list.add(each.apply(this));
        }
        return list;
    }

    /** Reads something that can hold itself. */
    <T> T nested(Function<Source, T> inner) {
        if (++depth > RequestRules.TXN_DEPTH_MAX) {
            throw malformed("it is nested deeper than " + RequestRules.TXN_DEPTH_MAX);
        }
        T result = inner.apply(this);
        depth--;
        return result;
    }

    MalformedDataException malformed(String complaint) {
        return new MalformedDataException("malformed " + what + ": " + complaint + " (at byte " + buffer.position()
                + "); it is damaged, or was written by a version that does not go with this one");
    }

    private int length() {
        long length = number();
        if (length < 0 || length > buffer.remaining()) {
            throw malformed("a length of " + length + " where " + buffer.remaining() + " bytes are left");
        }
        return (int) length;
    }
}

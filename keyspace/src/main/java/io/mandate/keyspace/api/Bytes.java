package io.mandate.keyspace.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An immutable byte string, ordered as unsigned bytes: the order of keys. The one type in which bytes travel, so that
 * records holding them are immutable and comparable. Thread-safe.
 */
public final class Bytes implements Comparable<Bytes> {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    /** The single byte zero: as a key the smallest there is, as a range end "everything from the key on". */
    public static final Bytes ZERO = new Bytes(new byte[1]);

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** Copies {@code bytes}. */
    public static Bytes copyOf(byte... bytes) {
        return bytes.length == 0 ? EMPTY : new Bytes(bytes.clone());
    }

    /** Takes {@code bytes} over without a copy: the caller gives up its right to write to the array. */
    public static Bytes owning(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new Bytes(bytes);
    }

    /** The UTF-8 form of {@code text}. */
    public static Bytes utf8(String text) {
        return owning(text.getBytes(StandardCharsets.UTF_8));
    }

    public int size() {
        return array.length;
    }

    public boolean isEmpty() {
        return array.length == 0;
    }

    /** A fresh copy of the content. */
    public byte[] toArray() {
        return array.clone();
    }

    /** The array itself, for codecs that would otherwise copy every value once more; it must never be written to. */
    public byte[] sharedArray() {
        return array;
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(array, other.array);
    }

    @Override
    public boolean equals(Object other) {
        return this == other || (other instanceof Bytes bytes && Arrays.equals(array, bytes.array));
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    /** Printable ASCII as it is, everything else as {@code \xNN}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(array.length + 8);
        for (byte b : array) {
            if (b >= 0x20 && b < 0x7f && b != '\\') {
                text.append((char) b);
            } else {
                text.append(String.format("\\x%02x", b & 0xff));
            }
        }
        return text.toString();
    }
}

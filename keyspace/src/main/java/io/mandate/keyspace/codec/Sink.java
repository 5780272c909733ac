package io.mandate.keyspace.codec;

import io.mandate.keyspace.api.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/** Where encoded data goes; or, for {@link Size}, is only counted, so that a format is described once. */
public abstract class Sink {
    public abstract void octet(int octet);

    public abstract void octets(byte[] array);

    /** A number; small ones of either sign take few bytes (zigzag, then seven bits a byte). */
    public final void number(long number) {
        long rest = (number << 1) ^ (number >> 63);
        while ((rest & ~0x7fL) != 0) {
            octet((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        octet((int) rest);
    }

    public final void bytes(byte[] array) {
        number(array.length);
        octets(array);
    }

    public final void bytes(Bytes bytes) {
        bytes(bytes.sharedArray());
    }

    final void text(String text) {
        bytes(Bytes.utf8(text));
    }

    /** One of the constants of an enum, whose order is thereby part of the format. */
    final void choice(Enum<?> constant) {
        octet(index(constant));
    }

    @SuppressWarnings("EnumOrdinal") // the order is the format, and held by tests that read bytes written earlier
    static int index(Enum<?> constant) {
        return constant.ordinal();
    }

    final <T> void list(List<T> list, BiConsumer<? super T, Sink> each) {
        number(list.size());
        for (T element : list) {
            each.accept(element, this);
        }
    }

    /** Counts. */
    static final class Size extends Sink {
        private long size;

        public int size() {
            return Math.toIntExact(size);
        }

        @Override
        public void octet(int octet) {
            size++;
        }

        @Override
        public void octets(byte[] array) {
            size += array.length;
        }
    }

    /** Writes to a buffer that has room. */
    static final class Into extends Sink {
        private final ByteBuffer target;

        Into(ByteBuffer target) {
            this.target = target;
        }

        @Override
        public void octet(int octet) {
            target.put((byte) octet);
        }

        @Override
        public void octets(byte[] array) {
            target.put(array);
        }
    }

    /** Writes to an array that grows; what was taken off its front makes room again. */
    public static final class Growing extends Sink {
        private byte[] array = new byte[1024];
        private int start;
        private int end;

        public int size() {
            return end - start;
        }

        /** What was written, without a copy: to be read before anything else is written. */
        public ByteBuffer written() {
            return ByteBuffer.wrap(array, start, end - start);
        }

        public void clear() {
            start = 0;
            end = 0;
        }

        /** Room for four octets that are known later. Gives their place, good until something is taken. */
        public int reserveInt() {
            room(4);
            end += 4;
            return end - 4 - start;
        }

        public void setInt(int place, int value) {
            ByteBuffer.wrap(array).putInt(start + place, value);
        }

        /** Forgets {@code size} octets at the front. */
        public void drop(int size) {
            start += size;
        }

        public void octets(ByteBuffer source) {
            int size = source.remaining();
            room(size);
            source.get(array, end, size);
            end += size;
        }

        @Override
        public void octet(int octet) {
            room(1);
            array[end++] = (byte) octet;
        }

        @Override
        public void octets(byte[] source) {
            room(source.length);
            System.arraycopy(source, 0, array, end, source.length);
            end += source.length;
        }

        private void room(int size) {
            if (array.length - end >= size) {
                return;
            }
            int used = size();
            byte[] roomier = used + size <= array.length / 2
                    ? array
                    : Arrays.copyOf(array, Math.max(array.length * 2, used + size));
            System.arraycopy(array, start, roomier, 0, used);
            array = roomier;
            start = 0;
            end = used;
        }
    }
}

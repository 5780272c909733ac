package io.mandate.keyspace.api;

import java.util.Arrays;

/**
 * A set of keys in etcd's notation.
 *
 * <table>
 *   <caption>What {@code end} means</caption>
 *   <tr><th>end</th><th>keys</th></tr>
 *   <tr><td>empty</td><td>the one key {@code key}</td></tr>
 *   <tr><td>one zero byte</td><td>every key from {@code key} on</td></tr>
 *   <tr><td>anything else</td><td>{@code key} (inclusive) to {@code end} (exclusive); none if {@code end <=
 *   key}</td></tr>
 * </table>
 */
public record KeyRange(Bytes key, Bytes end) {

    /** Every key there is. */
    public static final KeyRange ALL = new KeyRange(Bytes.ZERO, Bytes.ZERO);

    public static KeyRange single(Bytes key) {
        return new KeyRange(key, Bytes.EMPTY);
    }

    /** All keys that start with {@code prefix}; every key if it is empty. */
    public static KeyRange prefix(Bytes prefix) {
        if (prefix.isEmpty()) {
            return ALL;
        }
        byte[] end = prefix.toArray();
        for (int i = end.length - 1; i >= 0; i--) {
            if (end[i] != (byte) 0xff) {
                end[i]++;
                return new KeyRange(prefix, Bytes.owning(Arrays.copyOf(end, i + 1)));
            }
        }
        return new KeyRange(prefix, Bytes.ZERO);
    }

    public boolean isSingle() {
        return end.isEmpty();
    }

    /** Whether the range has no upper bound. */
    public boolean isOpenEnded() {
        return end.equals(Bytes.ZERO);
    }

    /** Whether no key can be in the range. */
    public boolean isEmpty() {
        return !isSingle() && !isOpenEnded() && end.compareTo(key) <= 0;
    }

    public boolean contains(Bytes candidate) {
        if (isSingle()) {
            return candidate.equals(key);
        }
        return candidate.compareTo(key) >= 0 && (isOpenEnded() || candidate.compareTo(end) < 0);
    }
}

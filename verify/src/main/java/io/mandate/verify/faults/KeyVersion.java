package io.mandate.verify.faults;

/**
 * What a read found at a key. Keys and values of a history are numbers, so that millions of operations fit in memory.
 *
 * @param value the unique number that was written, 0 for an absent key
 */
public record KeyVersion(long value, long modRevision, long createRevision, long version) {
    /** A key that does not exist. */
    public static final KeyVersion ABSENT = new KeyVersion(0, 0, 0, 0);

    /** This key after one more put. */
    KeyVersion put(long newValue, long revision) {
        return new KeyVersion(newValue, revision, version == 0 ? revision : createRevision, version + 1);
    }
}

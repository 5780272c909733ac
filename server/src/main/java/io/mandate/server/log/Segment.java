package io.mandate.server.log;

/** A file of the log. The fields are guarded by the log's lock. */
final class Segment {
    /** The version of the format. */
    static final int VERSION = 1;

    private static final int SEAL_BYTES = LogRecord.bytes(0);
    private static final String SUFFIX = ".log";

    final long sequence;
    final LogFile file;

    /** The end of the written records. */
    long bytes;

    /** The bytes of entries that may still be read. */
    long liveBytes;

    Segment(long sequence, LogFile file) {
        this.sequence = sequence;
        this.file = file;
    }

    /** The bytes of a segment's head and seal. */
    static int overheadBytes(int groups) {
        return LogRecord.bytes(Integer.BYTES) + groups * LogRecord.bytes(Long.BYTES) + SEAL_BYTES;
    }

    /** The limit of records in a segment, which leaves space for the seal. */
    static int limit(int segmentBytes) {
        return segmentBytes - SEAL_BYTES;
    }

    static String name(long sequence) {
        return String.format("%016d", sequence) + SUFFIX;
    }

    String name() {
        return name(sequence);
    }

    /** The sequence number in a file's name, 0 if it is not the name of a segment. */
    static long sequence(String name) {
        boolean named = name.length() == 16 + SUFFIX.length()
                && name.endsWith(SUFFIX)
                && name.chars().limit(16).allMatch(digit -> digit >= '0' && digit <= '9');
        return named ? Long.parseLong(name.substring(0, 16)) : 0;
    }
}

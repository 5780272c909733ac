package io.mandate.server.log;

/** A file of the log. Guarded by the log's lock, but for the file itself. */
final class Segment {
    /** The version of the format. */
    static final int VERSION = 1;

    private static final int SEAL_BYTES = LogRecord.bytes(0);
    private static final String SUFFIX = ".log";

    final long sequence;
    final LogFile file;

    /** How far it is written. */
    long bytes;

    /** How much of that are entries that somebody may still read. */
    long liveBytes;

    Segment(long sequence, LogFile file) {
        this.sequence = sequence;
        this.file = file;
    }

    /** What a segment holds beside entries: its beginning and its end. */
    static int overheadBytes(int groups) {
        return LogRecord.bytes(Integer.BYTES) + groups * LogRecord.bytes(Long.BYTES) + SEAL_BYTES;
    }

    /** How far a segment may be written, so that it can be ended. */
    static int limit(int segmentBytes) {
        return segmentBytes - SEAL_BYTES;
    }

    static String name(long sequence) {
        return String.format("%016d", sequence) + SUFFIX;
    }

    String name() {
        return name(sequence);
    }

    /** The sequence number in a file's name, 0 if it is no segment's. */
    static long sequence(String name) {
        boolean named = name.length() == 16 + SUFFIX.length()
                && name.endsWith(SUFFIX)
                && name.chars().limit(16).allMatch(digit -> digit >= '0' && digit <= '9');
        return named ? Long.parseLong(name.substring(0, 16)) : 0;
    }
}

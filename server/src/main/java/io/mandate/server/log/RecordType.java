package io.mandate.server.log;

import org.jspecify.annotations.Nullable;

/** The types of records. The codes are on disk and never change. */
enum RecordType {
    /**
     * The first record of a segment. Index: the segment's sequence number; group: the version of the format; payload:
     * the number of GROUP records that follow.
     */
    SEGMENT(1),
    /**
     * The state of a group that results from the segments before. Index: that of the first entry; payload: that of the
     * next entry.
     */
    GROUP(2),
    ENTRY(3),
    MARKED_ENTRY(4),
    /** A copy of an entry, so that the segment of the original can be deleted. */
    COPY(5),
    MARKED_COPY(6),
    /** Index: the first entry kept. */
    TRUNCATE_PREFIX(7),
    /** Index: the last entry kept. */
    TRUNCATE_SUFFIX(8),
    /** Deletes all entries. Index: the next entry. */
    RESET(9),
    /** The last record of a segment: the next segment exists. Index: its sequence number. */
    SEAL(10);

    private static final RecordType[] BY_CODE = values();

    final int code;

    RecordType(int code) {
        this.code = code;
    }

    static @Nullable RecordType of(int code) {
        return code >= 1 && code <= BY_CODE.length ? BY_CODE[code - 1] : null;
    }

    boolean isMarked() {
        return this == MARKED_ENTRY || this == MARKED_COPY;
    }
}

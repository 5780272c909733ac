package io.mandate.server.log;

import org.jspecify.annotations.Nullable;

/** What a record says. The codes are on disks: they never change. */
enum RecordType {
    /**
     * The first of a segment. Index: the segment's sequence number; group: the version of the format; payload: how many
     * GROUP records follow.
     */
    SEGMENT(1),
    /**
     * After it, for each group, what the segments before add up to. Index: of the first entry; payload: of the next
     * entry.
     */
    GROUP(2),
    ENTRY(3),
    MARKED_ENTRY(4),
    /** An entry again, so that the segment it was in can be deleted. */
    COPY(5),
    MARKED_COPY(6),
    /** Index: of the first entry kept. */
    TRUNCATE_PREFIX(7),
    /** Index: of the last entry kept. */
    TRUNCATE_SUFFIX(8),
    /** No entries any more. Index: of the next one. */
    RESET(9),
    /** The last of a segment: the next one exists. Index: its sequence number. */
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

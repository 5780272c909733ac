package io.mandate.keyspace.api;

/** A state of emergency that one member has declared for the whole cluster. */
public record Alarm(long memberId, Kind kind) {

    /** What is wrong. */
    public enum Kind {
        /** A member's space quota is used up: puts and lease grants are refused until the alarm is cleared. */
        NO_SPACE,
        /** A member's data differs from the others'. */
        CORRUPT
    }
}

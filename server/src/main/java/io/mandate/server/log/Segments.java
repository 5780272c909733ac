package io.mandate.server.log;

import java.util.ArrayList;
import java.util.List;

/** The files of the log, oldest first, their sequence numbers without a gap. Guarded by the log's lock. */
final class Segments {
    private final List<Segment> files = new ArrayList<>();
    private long bytes;
    private long liveBytes;

    void add(Segment segment) {
        files.add(segment);
        bytes += segment.bytes;
    }

    List<Segment> all() {
        return files;
    }

    Segment oldest() {
        return files.get(0);
    }

    void removeOldest() {
        bytes -= files.remove(0).bytes;
    }

    long bytes() {
        return bytes;
    }

    int count() {
        return files.size();
    }

    /** Whether more than half of all that is written is dead. */
    boolean isMostlyDead() {
        return 2 * liveBytes < bytes;
    }

    void written(Segment segment, long upTo) {
        bytes += upTo - segment.bytes;
        segment.bytes = upTo;
    }

    void live(long location) {
        add(location, Location.bytes(location));
    }

    void dead(long location) {
        if (location != Location.NONE) {
            add(location, -Location.bytes(location));
        }
    }

    private void add(long location, int count) {
        at(location).liveBytes += count;
        liveBytes += count;
    }

    Segment at(long location) {
        return files.get((int) ((Location.segment(location) - oldest().sequence) & Location.SEGMENTS_MASK));
    }
}

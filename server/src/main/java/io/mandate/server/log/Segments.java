package io.mandate.server.log;

import java.util.ArrayList;
import java.util.List;

/** The files of the log, oldest first, with consecutive sequence numbers. Guarded by the log's lock. */
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

    /** Whether more than half of the written bytes are dead. */
    boolean isMostlyDead() {
        return 2 * liveBytes < bytes;
    }

    void setEnd(Segment segment, long end) {
        bytes += end - segment.bytes;
        segment.bytes = end;
    }

    void markLive(long location) {
        add(location, Location.bytes(location));
    }

    void markDead(long location) {
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

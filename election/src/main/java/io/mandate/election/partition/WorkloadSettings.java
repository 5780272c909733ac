package io.mandate.election.partition;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What operators have said of a workload, as it stands in the store: a line for each thing said, its fields apart by
 * tabs. The bounds are those of changes: what is there is heeded even if it is more, because whoever wrote it had other
 * bounds.
 *
 * @param paused nothing is moved but what nobody owns
 * @param pins partitions that are to be at a certain member
 * @param drained members that are to own nothing
 */
record WorkloadSettings(boolean paused, SortedMap<Integer, String> pins, SortedSet<String> drained) {
    /** One value of the store holds them all. */
    static final int PINS_MAX = 400;

    static final int DRAINED_MAX = 100;

    static final WorkloadSettings NONE = new WorkloadSettings(false, new TreeMap<>(), new TreeSet<>());

    private static final String PAUSED = "paused";
    private static final String PIN = "pin";
    private static final String DRAIN = "drain";

    WorkloadSettings {
        pins = Collections.unmodifiableSortedMap(new TreeMap<>(pins));
        drained = Collections.unmodifiableSortedSet(new TreeSet<>(drained));
    }

    WorkloadSettings paused(boolean pauses) {
        return new WorkloadSettings(pauses, pins, drained);
    }

    /** @throws IllegalArgumentException if it would be one too many */
    WorkloadSettings pinned(int partition, String member) {
        TreeMap<Integer, String> next = new TreeMap<>(pins);
        next.put(partition, member);
        if (next.size() > Math.max(PINS_MAX, pins.size())) {
            throw new IllegalArgumentException("partition " + partition + " cannot be pinned beside " + pins.size()
                    + " others, no more than " + PINS_MAX + " can: unpin some, or weigh the members differently");
        }
        return new WorkloadSettings(paused, next, drained);
    }

    WorkloadSettings unpinned(int partition) {
        TreeMap<Integer, String> next = new TreeMap<>(pins);
        next.remove(partition);
        return new WorkloadSettings(paused, next, drained);
    }

    /** @throws IllegalArgumentException if it would be one too many */
    WorkloadSettings drained(String member, boolean drains) {
        TreeSet<String> next = new TreeSet<>(drained);
        if (drains) {
            next.add(member);
        } else {
            next.remove(member);
        }
        if (next.size() > Math.max(DRAINED_MAX, drained.size())) {
            throw new IllegalArgumentException("member " + member + " cannot be drained beside " + drained.size()
                    + " others, no more than " + DRAINED_MAX + " can: take back those that are gone");
        }
        return new WorkloadSettings(paused, pins, next);
    }

    String text() {
        List<String> lines = new ArrayList<>();
        if (paused) {
            lines.add(PAUSED);
        }
        pins.forEach((partition, member) -> lines.add(PIN + "\t" + partition + "\t" + member));
        drained.forEach(member -> lines.add(DRAIN + "\t" + member));
        return String.join("\n", lines);
    }

    /** Lines that say nothing to this version are left out. */
    static WorkloadSettings parse(String text) {
        boolean paused = false;
        TreeMap<Integer, String> pins = new TreeMap<>();
        TreeSet<String> drained = new TreeSet<>();
        for (String line : text.lines().toList()) {
            String[] fields = line.split("\t", -1);
            if (fields[0].equals(PAUSED)) {
                paused = true;
            } else if (fields[0].equals(PIN) && fields.length >= 3 && fields[1].matches("\\d{1,6}")) {
                pins.put(Integer.parseInt(fields[1]), fields[2]);
            } else if (fields[0].equals(DRAIN) && fields.length >= 2) {
                drained.add(fields[1]);
            }
        }
        return new WorkloadSettings(paused, pins, drained);
    }
}

package io.mandate.server.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A log on a disk whose power fails repeatedly, compared with a model of the acknowledged state. After each start the
 * log must have exactly that state, and of the interrupted call all, none, or the first entries.
 */
final class LogSimulation {
    private static final int GROUPS = 3;
    private static final int STARTS = 8;
    private static final int ENTRY_BYTES_MAX = 200;

    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final SegmentLogOptions options;
    private final List<Model> models =
            new ArrayList<>(Stream.generate(Model::new).limit(GROUPS).toList());

    /**
     * The possible states of the group after the current call, each with more entries than the one before; empty if
     * there is none.
     */
    private List<Model> possible = List.of();

    private int possibleGroup;
    private boolean created;

    /** The number of power failures during a call. */
    int cuts;

    /** The number of calls that deleted files. */
    int deletions;

    /** The state of a group. Immutable. */
    private record Model(long first, List<byte[]> entries) {
        Model() {
            this(1, List.of());
        }

        long next() {
            return first + entries.size();
        }

        Model from(long firstKept) {
            return firstKept >= next()
                    ? new Model(firstKept, List.of())
                    : new Model(firstKept, List.copyOf(entries.subList((int) (firstKept - first), entries.size())));
        }

        Model upTo(long lastKept) {
            return lastKept < first
                    ? new Model(lastKept + 1, List.of())
                    : new Model(first, List.copyOf(entries.subList(0, (int) (lastKept + 1 - first))));
        }

        Model with(List<byte[]> more) {
            List<byte[]> all = new ArrayList<>(entries);
            all.addAll(more);
            return new Model(first, List.copyOf(all));
        }
    }

    LogSimulation(long seed, EnumSet<SimulatedDisk.PlantedFault> faults) {
        this.random = new SplittableRandom(seed);
        this.disk = new SimulatedDisk(random.split(), faults);
        this.options = new SegmentLogOptions(GROUPS, 1024 << random.nextInt(3), 2 + random.nextInt(4), true);
    }

    /**
     * Runs the simulation.
     *
     * @throws AssertionError if the log lost, invented or mixed up an entry
     */
    void run() {
        for (int start = 0; start < STARTS; start++) {
            disk.run(1 + random.nextInt(2 << random.nextInt(9)));
            runUntilCut();
            if (random.nextInt(4) != 0) { // otherwise only the process died
                disk.powerFailed();
            }
        }
        disk.run(Long.MAX_VALUE);
        try (SegmentLog log = open()) {
            check(log);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private SegmentLog open() throws IOException {
        boolean create = !created;
        SegmentLog log = new SegmentLog(
                disk, new SegmentLogOptions(options.groups(), options.segmentBytes(), options.segmentsMax(), create));
        created = true;
        return log;
    }

    private void runUntilCut() {
        SegmentLog log;
        try {
            log = open();
        } catch (IOException cut) {
            return;
        }
        check(log);
        try {
            while (true) {
                step(log);
            }
        } catch (FailedLogException cut) {
            if (!(cut.getCause() instanceof SimulatedDisk.PowerCut)) {
                throw new AssertionError("failed without a planted power failure", cut);
            }
            cuts++;
        }
    }

    private void step(SegmentLog log) {
        int group = random.nextInt(GROUPS);
        Model now = models.get(group);
        int files = disk.files();
        switch (random.nextInt(12)) {
            case 0 -> {
                long firstKept = now.first() + random.nextInt(now.entries().size() + 3);
                call(group, List.of(now.from(firstKept)), () -> log.truncatePrefix(group, firstKept));
            }
            case 1 -> {
                long lastKept = now.next()
                        - 1
                        - random.nextInt(Math.min(5, now.entries().size() + 1));
                call(group, List.of(now.upTo(lastKept)), () -> log.truncateSuffix(group, lastKept));
            }
            case 2 -> {
                if (random.nextInt(6) == 0) {
                    long next = now.next() + random.nextInt(10);
                    call(group, List.of(new Model(next, List.of())), () -> log.reset(group, next));
                }
            }
            case 3 -> read(log, group);
            default -> append(log, group, now);
        }
        deletions += disk.files() < files ? 1 : 0;
    }

    private void append(SegmentLog log, int group, Model now) {
        List<byte[]> entries = new ArrayList<>();
        List<Model> after = new ArrayList<>();
        for (int count = 1 + random.nextInt(1 + random.nextInt(8)); count > 0; count--) {
            byte[] entry = new byte[random.nextInt(ENTRY_BYTES_MAX)];
            random.nextBytes(entry);
            entries.add(entry);
            after.add(now.with(entries));
        }
        call(group, after, () -> log.append(group, now.next(), entries));
    }

    private void call(int group, List<Model> after, Runnable change) {
        possible = after;
        possibleGroup = group;
        change.run();
        models.set(group, after.get(after.size() - 1));
        possible = List.of();
    }

    private void read(SegmentLog log, int group) {
        Model model = models.get(group);
        for (int i = 0; i < model.entries().size(); i++) {
            byte[] found = log.read(group, model.first() + i).orElse(null);
            if (!Arrays.equals(found, model.entries().get(i))) {
                throw new AssertionError(describe(group, model, log) + ": entry " + (model.first() + i) + " differs");
            }
        }
    }

    private void check(SegmentLog log) {
        for (int group = 0; group < GROUPS; group++) {
            long first = log.firstIndex(group);
            long last = log.lastIndex(group);
            List<Model> expected = new ArrayList<>(List.of(models.get(group)));
            if (group == possibleGroup) {
                expected.addAll(possible);
            }
            Model found = expected.stream()
                    .filter(model -> model.first() == first && model.next() == last + 1)
                    .findFirst()
                    .orElse(null);
            if (found == null) {
                throw new AssertionError(describe(group, models.get(group), log));
            }
            models.set(group, found);
            read(log, group);
        }
        possible = List.of();
    }

    private static String describe(int group, Model model, SegmentLog log) {
        return "group " + group + " was acknowledged from " + model.first() + " to " + (model.next() - 1)
                + ", and has entries from " + log.firstIndex(group) + " to " + log.lastIndex(group);
    }
}

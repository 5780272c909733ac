package io.mandate.verify.simulation;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.StoppedTerm;
import io.mandate.testkit.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What leaders write who have found time left: it comes to the resource later, perhaps after their successor's, perhaps
 * in the middle of it, and the library's guard there decides. Each write is an operation; some are repeated, by whoever
 * leads by then, and some processes die in the middle of one.
 *
 * <p>E2, checked on what the resource holds whenever a write has ended:
 *
 * <ul>
 *   <li>Tokens never decrease in the order in which entries came.
 *   <li>What was there stays there, in its order, and what was acknowledged is there.
 *   <li>An operation is there once, and who repeats it is told the first result.
 *   <li>Who is refused has a smaller token than somebody who came before.
 * </ul>
 */
final class GuardedWrites implements AutoCloseable {
    /** What guards a seed's resources. The database costs more. */
    enum Kind {
        FILE,
        DATABASE
    }

    /** Of so many seeds one has a database. */
    private static final int SEEDS_PER_DATABASE = 16;

    private static final long LATE_NANOS_MAX = 2_000 * ElectionSimulation.MILLI;
    private static final int STEPS_PER_DEATH = 400;
    private static final int STEPS_PER_OVERTAKING = 60;

    /** A database lets others in at one step only. */
    private static final int CONNECTIONS_PER_OVERTAKING = 4;

    private static final int OVERTAKING_AT_ONCE = 3;
    private static final int OPERATIONS_REPEATED = 8;

    private record Write(Site site, Object process, String election, long token, String operation) {}

    /** A write that has begun. */
    private static final class Begun {
        final Write write;
        boolean dead;

        Begun(Write write) {
            this.write = write;
        }
    }

    private final VirtualTime time;
    private final RandomGenerator random;
    private final int looksPerWrite;
    private final PlantedGuardFault mistake;
    private final Consumer<String> violated;
    private final Kind kind;
    private final Map<String, Site> sites = new TreeMap<>();
    private final List<Write> onTheirWay = new ArrayList<>();
    private final Deque<Begun> begun = new ArrayDeque<>();
    /** Whether the resource is looked at from outside: that is no step of anybody's. */
    private boolean observing;

    private long written;
    private long refused;
    private long overtaking;
    private long deaths;

    /**
     * @param looksPerWrite of so many looks one is followed by a write: a resource costs more than a simulated clock
     */
    GuardedWrites(
            VirtualTime time,
            RandomGenerator random,
            int looksPerWrite,
            PlantedGuardFault mistake,
            Consumer<String> violated) {
        this.time = time;
        this.random = random;
        this.looksPerWrite = looksPerWrite;
        this.mistake = mistake;
        this.violated = violated;
        this.kind = random.nextInt(SEEDS_PER_DATABASE) == 0 ? Kind.DATABASE : Kind.FILE;
    }

    /**
     * What became of them.
     *
     * @param written acknowledged
     * @param refused by a guard, since a later leader had written
     * @param overtaking begun and ended within another one
     * @param deaths of processes, within a write
     */
    record Counts(Kind kind, long written, long refused, long overtaking, long deaths) {}

    Counts counts() {
        return new Counts(kind, written, refused, overtaking, deaths);
    }

    /** A process has found time left in its term: perhaps it writes. */
    void looked(Object process, String resource, Term term) {
        if (random.nextInt(looksPerWrite) > 0) {
            return;
        }
        Site site = sites.computeIfAbsent(resource, Site::new);
        Write write = new Write(site, process, term.election(), term.token(), site.someOperation());
        onTheirWay.add(write);
        time.after(random.nextLong(LATE_NANOS_MAX), () -> {
            if (onTheirWay.remove(write)) {
                carryOut(write);
            }
        });
    }

    private void carryOut(Write write) {
        Begun own = new Begun(write);
        begun.push(own);
        try {
            write.site.carryOut(write);
        } finally {
            begun.pop();
        }
        if (begun.isEmpty()) {
            write.site.check();
        }
    }

    /** Before each step of a write: it may be its last, or others' writes come in between. */
    private void step(int stepsPerOvertaking) {
        Begun own = begun.peek();
        if (own == null || observing) {
            return;
        }
        mayDie(own);
        if (begun.size() <= OVERTAKING_AT_ONCE && random.nextInt(stepsPerOvertaking) == 0) {
            Write other = another(own.write.site);
            if (other != null) {
                onTheirWay.remove(other);
                overtaking++;
                carryOut(other);
            }
        }
    }

    private void mayDie() {
        Begun own = begun.peek();
        if (own != null && !observing) {
            mayDie(own);
        }
    }

    private void mayDie(Begun own) {
        own.dead |= random.nextInt(STEPS_PER_DEATH) == 0;
        if (own.dead) {
            throw new GuardedLedger.BrokenOff();
        }
    }

    /** A write to the same resource by a process that is not in the middle of one. */
    private @Nullable Write another(Site site) {
        List<Write> others = onTheirWay.stream()
                .filter(write ->
                        write.site == site && begun.stream().noneMatch(busy -> busy.write.process == write.process))
                .toList();
        return others.isEmpty() ? null : others.get(random.nextInt(others.size()));
    }

    @Override
    public void close() {
        sites.values().forEach(site -> site.ledger.close());
    }

    /** A resource, and what is known of it from outside. */
    private final class Site {
        private final String resource;
        private final GuardedLedger ledger;
        private final Map<Object, GuardedLedger.Writer> writers = new HashMap<>();
        private final Map<String, String> acknowledged = new TreeMap<>();
        private List<GuardedLedger.Entry> seen = List.of();
        private long largestToken;
        private int operations;

        Site(String resource) {
            this.resource = resource;
            this.ledger = switch (kind) {
                case FILE -> new FileLedger(mistake, () -> step(STEPS_PER_OVERTAKING));
                case DATABASE ->
                    new DatabaseLedger(mistake, () -> step(CONNECTIONS_PER_OVERTAKING), GuardedWrites.this::mayDie);
            };
        }

        /** A new one, or one that somebody has tried. */
        String someOperation() {
            if (operations > 0 && random.nextInt(4) == 0) {
                return "operation-" + (operations - random.nextInt(Math.min(operations, OPERATIONS_REPEATED)));
            }
            operations++;
            return "operation-" + operations;
        }

        void carryOut(Write write) {
            GuardedLedger.Writer writer = writers.computeIfAbsent(write.process, process -> ledger.open());
            Term term = StoppedTerm.of(write.election, "stopped", mistake.shown(write.token));
            largestToken = Math.max(largestToken, write.token);
            try {
                String result = writer.append(term, new GuardedLedger.Entry(write.token, write.operation));
                written++;
                String first = acknowledged.putIfAbsent(write.operation, result);
                if (first != null && !first.equals(result)) {
                    violated(write.operation + " answered " + first + " and, when it was repeated, " + result);
                }
            } catch (StaleTokenException stale) {
                refused++;
                if (largestToken <= write.token) {
                    violated(write + " was refused, and no larger token has come");
                }
            } catch (GuardedLedger.BrokenOff dead) {
                deaths++;
                // Who comes back has another guard.
                writers.remove(write.process);
            } catch (Exception failed) {
                throw new AssertionError(write.toString(), failed);
            }
        }

        private List<GuardedLedger.Entry> entries() {
            observing = true;
            try {
                return ledger.entries();
            } finally {
                observing = false;
            }
        }

        void check() {
            List<GuardedLedger.Entry> now = entries();
            if (now.size() < seen.size() || !now.subList(0, seen.size()).equals(seen)) {
                violated("there was " + seen + ", and now there is " + now);
            }
            Set<String> done = new HashSet<>();
            long largest = 0;
            for (GuardedLedger.Entry entry : now) {
                if (entry.token() < largest) {
                    violated(entry + " was accepted after token " + largest);
                }
                largest = Math.max(largest, entry.token());
                if (!done.add(entry.operation())) {
                    violated(entry.operation() + " was done twice");
                }
            }
            if (!done.containsAll(acknowledged.keySet())) {
                Set<String> lost = new LinkedHashSet<>(acknowledged.keySet());
                lost.removeAll(done);
                violated("acknowledged and not there: " + lost);
            }
            seen = now;
        }

        private void violated(String what) {
            violated.accept("E2: " + resource + ": " + what);
        }

        @Override
        public String toString() {
            return resource;
        }
    }
}

package io.mandate.cli.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The candidates of one scene. One thread at a time. */
final class Candidates implements AutoCloseable {
    /**
     * A candidate in one of its terms.
     *
     * @param token of the term
     */
    record Leader(CandidateProcess process, String token) {
        String name() {
            return process.name();
        }

        /**
         * Checks that it has not told that this term ended.
         *
         * @throws TermLostException if it has
         */
        void requireTerm() {
            if (process.told("stops").contains(token)) {
                throw new TermLostException(name() + " lost its term " + token);
            }
        }
    }

    /** What a leader of the past would overwrite. */
    private static final int ENTRIES_OF_THE_NEXT = 10;

    private static final int ENTRIES_OF_THE_FIRST = 5;

    private final Timeline timeline;
    private final Waiting waiting;
    private final Duration ttl;
    private final List<CandidateProcess> candidates = new ArrayList<>();

    /** How many lines each had told when what follows began to be news. */
    private final Map<CandidateProcess, Integer> marks = new HashMap<>();

    Candidates(
            Timeline timeline,
            Waiting waiting,
            DemoNodes nodes,
            String election,
            Path ledger,
            boolean guarded,
            Duration ttl)
            throws InterruptedException {
        this.timeline = timeline;
        this.waiting = waiting;
        this.ttl = ttl;
        for (String name : List.of("ada", "bob", "cyd")) {
            List<String> arguments = new ArrayList<>(List.of(
                    "demo-candidate",
                    "--store",
                    String.join(",", nodes.endpoints()),
                    "--election",
                    election,
                    "--candidate",
                    name,
                    "--ttl",
                    ttl.toMillis() + "ms",
                    "--ledger",
                    ledger.toString()));
            if (guarded) {
                arguments.add("--guarded");
            }
            candidates.add(nodes.startCandidate(name, arguments, election + "-" + name + ".log"));
        }
        try {
            for (CandidateProcess candidate : candidates) {
                waiting.forValue(candidate.name() + " to join", () -> candidate.find(0, line -> line.equals("joined")));
            }
        } catch (InterruptedException | RuntimeException failed) {
            close();
            throw failed;
        }
    }

    List<String> acknowledged() {
        List<String> entries = new ArrayList<>();
        candidates.forEach(candidate -> entries.addAll(candidate.told("wrote")));
        return entries;
    }

    /** Whoever leads first, when it has written a little. */
    Leader leader() throws InterruptedException {
        Leader leader = nextLeader(null);
        for (int i = 0; i < ENTRIES_OF_THE_FIRST; i++) {
            awaitEntry(leader);
        }
        timeline.note("%s (pid %d) leads with token %s and writes", leader.name(), leader.process.pid(), leader.token);
        return leader;
    }

    /** What is told from now on is news. */
    void mark() {
        candidates.forEach(candidate -> marks.put(candidate, candidate.toldSoFar()));
    }

    /** Whoever leads now; with a leader before, whoever else has begun to lead since the mark. */
    Leader nextLeader(@Nullable Leader before) throws InterruptedException {
        return waiting.forValue(
                before == null ? "somebody to lead" : "somebody else than " + before.name() + " to lead",
                () -> candidates.stream()
                        .filter(candidate -> before == null
                                ? candidate.told("leads").size()
                                        > candidate.told("stops").size()
                                : candidate != before.process && candidate.leadsSince(marks.getOrDefault(candidate, 0)))
                        .findFirst()
                        .map(Candidates::inLatestTerm));
    }

    private static Leader inLatestTerm(CandidateProcess candidate) {
        List<String> tokens = candidate.told("leads");
        return new Leader(candidate, tokens.get(tokens.size() - 1));
    }

    /** Waits until a leader has written another entry in its term. */
    void awaitEntry(Leader leader) throws InterruptedException {
        await(leader, leader.process.toldSoFar(), "write", line -> line.startsWith("wrote "));
    }

    /**
     * The first such line that a leader tells after so many others, when it has come.
     *
     * @param what the leader is to do
     * @throws TermLostException if its term ended before
     */
    private String await(Leader leader, int after, String what, Predicate<String> wanted) throws InterruptedException {
        return waiting.forValue(leader.name() + " to " + what, () -> {
            leader.requireTerm();
            return leader.process.find(after, wanted);
        });
    }

    /** Returns when others have taken over, and have written. */
    void stopInTheMiddleOfAWrite(Leader leader) throws Exception {
        int before = leader.process.toldSoFar();
        leader.process.order("hold");
        String holds = await(leader, before, "begin a write", line -> line.startsWith("holds "));
        mark();
        leader.process.signal("STOP");
        long stoppedNanos = System.nanoTime();
        timeline.note(
                "kill -STOP %s, which has read the file and is about to write entry %s",
                leader.name(), holds.substring("holds ".length()));
        Leader next = nextLeader(leader);
        timeline.note(
                "%s leads %.0f ms later (a time to live is %d ms), and writes",
                next.name(), (System.nanoTime() - stoppedNanos) / 1e6, ttl.toMillis());
        waiting.until(
                ENTRIES_OF_THE_NEXT + " entries of those who lead after " + leader.name(),
                () -> entriesOfOthers(leader) >= ENTRIES_OF_THE_NEXT);
    }

    /** Of all of them, for on a busy machine the next one may have to hand over too. */
    private int entriesOfOthers(Leader leader) {
        return candidates.stream()
                .filter(candidate -> candidate != leader.process)
                .mapToInt(candidate -> candidate.toldSince(marks.getOrDefault(candidate, 0), "wrote"))
                .sum();
    }

    /** Wakes a leader that was stopped, and tells what became of its write. */
    String wake(Leader leader) throws Exception {
        CandidateProcess stopped = leader.process;
        int before = stopped.toldSoFar();
        // What it finds when it wakes.
        stopped.order("go on");
        stopped.signal("CONT");
        timeline.note("kill -CONT %s: it goes on where it was, and writes", stopped.name());
        return waiting.forValue(
                stopped.name() + " to write",
                () -> stopped.find(before, line -> line.matches("(refused|wrote|missed|stops) .*")));
    }

    @Override
    public void close() {
        candidates.forEach(waiting::release);
        candidates.forEach(CandidateProcess::close);
    }
}

package io.mandate.verify.election;

import io.mandate.cli.demo.CandidateProcess;
import io.mandate.cli.demo.Ledger;
import io.mandate.store.etcd.EtcdStore;
import io.mandate.verify.process.Pause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Two candidates of which the leader is stopped by SIGSTOP, again and again, between its last look and its write, for
 * longer than its lease lives; the other leads and writes; the first one wakes and writes.
 */
final class PausedLeaderRun {
    private static final Duration TTL = Duration.ofMillis(600);

    private static final Duration POLL = Duration.ofMillis(5);

    private final CandidateProcess one;
    private final CandidateProcess two;
    /** Who has been told to hold, and has not yet. */
    private final Set<CandidateProcess> told = new HashSet<>();

    private PausedLeaderRun(CandidateProcess one, CandidateProcess two) {
        this.one = one;
        this.two = two;
    }

    /**
     * What became of it.
     *
     * @param staleWritesAccepted by the resource, from leaders that had been replaced
     * @param staleWritesRefused by the guard
     * @param acknowledged entries that their writers were told are written
     * @param lost of these, not there in the end
     */
    record Report(int rounds, int staleWritesAccepted, int staleWritesRefused, int acknowledged, int lost) {}

    static Report run(String store, Resource resource, String place, boolean guarded, int rounds) throws Exception {
        try (CandidateProcess one = start(store, "one", resource, place, guarded);
                CandidateProcess two = start(store, "two", resource, place, guarded);
                EtcdStore connected = EtcdStore.connect(store)) {
            one.await(0, line -> line.equals("joined"));
            two.await(0, line -> line.equals("joined"));
            PausedLeaderRun run = new PausedLeaderRun(one, two);
            int accepted = 0;
            int refused = 0;
            for (int round = 0; round < rounds; round++) {
                String answer = run.round();
                accepted += answer.startsWith("wrote ") ? 1 : 0;
                refused += answer.startsWith("refused ") ? 1 : 0;
            }
            List<String> acknowledged = new ArrayList<>(one.told("wrote"));
            acknowledged.addAll(two.told("wrote"));
            Ledger ledger = resource.open(place, connected, guarded);
            List<String> lines = ledger.lines();
            int lost = (int)
                    acknowledged.stream().filter(line -> !lines.contains(line)).count();
            if (guarded && !isNumbered(lines)) {
                throw new AssertionError("the ledger has gaps: " + lines);
            }
            return new Report(rounds, accepted, refused, acknowledged.size(), lost);
        }
    }

    private static boolean isNumbered(List<String> lines) {
        return IntStream.range(0, lines.size()).allMatch(i -> lines.get(i).startsWith((i + 1) + " "));
    }

    private static CandidateProcess start(String store, String name, Resource resource, String place, boolean guarded) {
        return CandidateProcess.start(name, LedgerMain.command(store, name, TTL, resource, place, guarded));
    }

    /** @return what the leader that was stopped says of its write */
    private String round() throws Exception {
        CandidateProcess leader = holding();
        CandidateProcess other = leader == one ? two : one;
        int otherBefore = other.toldSoFar();
        leader.signal("STOP");
        String first = other.await(otherBefore, line -> line.startsWith("wrote ") || line.startsWith("holds "));
        if (first.startsWith("holds ")) {
            // It had been told to in a term that was over before it came there.
            told.remove(other);
            other.order("go on");
            other.await(otherBefore, line -> line.startsWith("wrote "));
        }
        int held = leader.toldSoFar();
        leader.order("go on");
        leader.signal("CONT");
        String answer = leader.await(held, PausedLeaderRun::tellsOfTheWrite);
        leader.await(held, line -> line.startsWith("stops "));
        return answer;
    }

    /**
     * A leader that waits between its last look and its write. One that lost its term before it came there does so in
     * its next one.
     */
    private CandidateProcess holding() throws InterruptedException {
        while (true) {
            CandidateProcess leader = eitherLeads();
            int before = leader.toldSoFar();
            if (told.add(leader)) {
                leader.order("hold");
            }
            if (leader.await(before, line -> line.startsWith("holds ") || line.startsWith("stops "))
                    .startsWith("holds ")) {
                told.remove(leader);
                return leader;
            }
        }
    }

    private CandidateProcess eitherLeads() {
        while (true) {
            for (CandidateProcess candidate : List.of(one, two)) {
                if (candidate.told("leads").size() > candidate.told("stops").size()) {
                    return candidate;
                }
            }
            Pause.of(POLL);
        }
    }

    private static boolean tellsOfTheWrite(String line) {
        return line.startsWith("wrote ")
                || line.startsWith("refused ")
                || line.startsWith("missed ")
                || line.startsWith("stops ");
    }
}

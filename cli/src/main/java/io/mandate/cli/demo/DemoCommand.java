package io.mandate.cli.demo;

import io.mandate.cli.ExitCode;
import io.mandate.cli.Logging;
import io.mandate.cli.client.StoreClient;
import io.mandate.election.guard.file.VersionedFile;
import io.mandate.election.history.HistoryBook;
import io.mandate.election.history.TermRecord;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import io.mandate.store.etcd.EtcdStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mandate demo}: a leader that is stopped in the middle of a write, with and without a guard. */
@Command(
        name = "demo",
        description = {
            "Start three nodes and three candidates on this machine. Kill the store's leader; stop the leading candidate in the middle of a",
            "write, let another take over, wake the first one and see its write refused. Then the same without a guard, to see what it",
            "prevents. Takes less than a minute, ends by itself, and its exit code is 0 only if every step held.",
            "",
            "With --partitions: five members share 60 partitions of a workload; two join, one is killed, one is stopped and woken, one",
            "drains. Each partition counts in a guarded file, which shows what was lost or written by an owner of the past: nothing."
        },
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final int NODES = 3;

    /** What a leader of the past would overwrite. */
    private static final int ENTRIES_OF_THE_NEXT = 10;

    @Spec
    private CommandSpec spec;

    @Option(names = "--partitions", description = "Show a workload that is split into partitions instead.")
    private boolean partitions;

    @Override
    public Integer call() throws Exception {
        Logging.silence();
        Timeline timeline = new Timeline(spec.commandLine().getOut());
        timeline.note("starting three nodes: a replicated store");
        try (DemoNodes nodes = DemoNodes.start(NODES)) {
            timeline.note("they serve on %s", String.join(", ", nodes.endpoints()));
            if (partitions) {
                try (PartitionedDemo demo = new PartitionedDemo(timeline, nodes)) {
                    demo.run();
                }
            } else {
                guarded(timeline, nodes);
                unguarded(timeline, nodes);
            }
        }
        timeline.note("%s", timeline.allHeld() ? "every step held" : "a step did not hold");
        return timeline.allHeld() ? ExitCode.OK : ExitCode.NO;
    }

    private static void guarded(Timeline timeline, DemoNodes nodes) throws Exception {
        timeline.note("--- with a guard: a versioned file that compares fencing tokens");
        Path path = nodes.workplace("ledger");
        try (Cast cast = new Cast(timeline, nodes, "guarded", path, true)) {
            CandidateProcess leader = cast.leader();
            storeLosesItsLeader(timeline, nodes, leader);
            CandidateProcess next = cast.stopInTheMiddleOfAWrite(leader);
            int before = leader.toldSoFar();
            cast.wake(leader);
            String refused = leader.await(before, line -> line.startsWith("refused ") || line.startsWith("wrote "));
            timeline.check(refused.startsWith("refused "), "%s: %s", leader.name(), refused);
            checkLedger(timeline, new FileLedger(VersionedFile.at(path)), cast.everybody());
            resign(timeline, next, cast);
            showHistory(timeline, nodes);
        }
    }

    private static void unguarded(Timeline timeline, DemoNodes nodes) throws Exception {
        timeline.note("--- the same without the guard: a plain file, written by whoever leads");
        Path path = nodes.workplace("plain-ledger");
        try (Cast cast = new Cast(timeline, nodes, "unguarded", path, false)) {
            CandidateProcess leader = cast.leader();
            cast.stopInTheMiddleOfAWrite(leader);
            int before = leader.toldSoFar();
            cast.wake(leader);
            leader.await(before, line -> line.startsWith("wrote "));
            List<String> lines = new PlainFileLedger(path).lines();
            List<String> acknowledged = cast.acknowledged();
            long lost = acknowledged.stream()
                    .filter(entry -> !lines.contains(entry))
                    .count();
            timeline.check(
                    lost > 0,
                    "corrupted, as was to be shown: of %d acknowledged entries %d are gone, overwritten by a leader of the past",
                    acknowledged.size(),
                    lost);
        }
    }

    /** A store that is away for less than the time to live costs no term. */
    private static void storeLosesItsLeader(Timeline timeline, DemoNodes nodes, CandidateProcess leader)
            throws Exception {
        String term = leader.told("leads").get(0);
        int node = storeLeader(nodes);
        nodes.kill(node);
        int before = leader.toldSoFar();
        timeline.note("kill -9 %s, which led the store", nodes.name(node));
        String told = leader.await(before, line -> line.startsWith("stops ") || line.startsWith("wrote "));
        long electedAgainBy =
                System.nanoTime() + DemoCandidateCommand.TTL.multipliedBy(2).toNanos();
        while (told.startsWith("wrote ") && System.nanoTime() < electedAgainBy) {
            int after = leader.toldSoFar();
            told = leader.await(after, line -> true);
        }
        timeline.check(
                told.startsWith("wrote ") && leader.told("leads").equals(List.of(term)),
                "two times to live later %s still leads in its term %s",
                leader.name(),
                term);
    }

    private static int storeLeader(DemoNodes nodes) {
        try (StoreClient client = new StoreClient(nodes.endpoints(), Duration.ofSeconds(8))) {
            return IntStream.range(0, NODES)
                    .filter(node -> leads(client, node))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no node says that it leads"));
        }
    }

    private static boolean leads(StoreClient client, int node) {
        StatusResponse status = MaintenanceGrpc.newBlockingStub(
                        List.copyOf(client.channels().values()).get(node))
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .status(StatusRequest.getDefaultInstance());
        return status.getLeader() == status.getHeader().getMemberId();
    }

    private static void checkLedger(Timeline timeline, Ledger ledger, List<CandidateProcess> everybody)
            throws Exception {
        List<String> acknowledged = acknowledged(everybody);
        List<String> lines = ledger.lines();
        boolean numbered =
                IntStream.range(0, lines.size()).allMatch(i -> lines.get(i).startsWith((i + 1) + " "));
        timeline.check(
                numbered && lines.containsAll(acknowledged),
                "the file is right: %d entries without a gap, all %d acknowledged ones among them",
                lines.size(),
                acknowledged.size());
    }

    private static List<String> acknowledged(List<CandidateProcess> everybody) {
        List<String> entries = new ArrayList<>();
        everybody.forEach(candidate -> entries.addAll(candidate.told("wrote")));
        return entries;
    }

    private static void resign(Timeline timeline, CandidateProcess leader, Cast cast) throws Exception {
        cast.mark();
        long askedNanos = System.nanoTime();
        leader.terminate();
        CandidateProcess next = cast.nextLeader(leader);
        double millis = (System.nanoTime() - askedNanos) / 1e6;
        timeline.check(
                millis < DemoCandidateCommand.TTL.toMillis(),
                "%s was asked to end (SIGTERM), finished its entry and resigned: %s leads %.0f ms later",
                leader.name(),
                next.name(),
                millis);
    }

    private static void showHistory(Timeline timeline, DemoNodes nodes) throws Exception {
        try (EtcdStore store = EtcdStore.connect(String.join(",", nodes.endpoints()))) {
            for (TermRecord term :
                    HistoryBook.read(store, "guarded").toCompletableFuture().get(10, TimeUnit.SECONDS)) {
                timeline.note(
                        "history: token %d %s from %s, %s",
                        term.token(),
                        term.candidate(),
                        term.from(),
                        term.why().map(why -> "ended: " + why).orElse("leads"));
            }
        }
    }

    /** The candidates of one act. */
    private static final class Cast implements AutoCloseable {
        private final Timeline timeline;
        private final List<CandidateProcess> candidates = new ArrayList<>();
        private final List<Integer> marks = new ArrayList<>();

        Cast(Timeline timeline, DemoNodes nodes, String election, Path ledger, boolean guarded) throws Exception {
            this.timeline = timeline;
            for (String name : List.of("ada", "bob", "cyd")) {
                candidates.add(start(name, election, nodes, ledger, guarded));
            }
            for (CandidateProcess candidate : candidates) {
                candidate.await(0, line -> line.equals("joined"));
            }
            marks.addAll(List.of(0, 0, 0));
        }

        private static CandidateProcess start(
                String name, String election, DemoNodes nodes, Path ledger, boolean guarded) {
            List<String> arguments = new ArrayList<>(List.of(
                    "demo-candidate",
                    "--store",
                    String.join(",", nodes.endpoints()),
                    "--election",
                    election,
                    "--candidate",
                    name,
                    "--ledger",
                    ledger.toString()));
            if (guarded) {
                arguments.add("--guarded");
            }
            return CandidateProcess.start(name, OwnJvm.command(arguments));
        }

        List<CandidateProcess> everybody() {
            return candidates;
        }

        List<String> acknowledged() {
            return DemoCommand.acknowledged(candidates);
        }

        /** Whoever leads first, when it has written a little. */
        CandidateProcess leader() throws Exception {
            CandidateProcess leader = nextLeader(null);
            leader.await(0, line -> line.startsWith("wrote 5 "));
            timeline.note(
                    "%s (pid %d) leads with token %s and writes",
                    leader.name(), leader.pid(), leader.told("leads").get(0));
            return leader;
        }

        /** What is told from now on is news. */
        void mark() {
            for (int i = 0; i < candidates.size(); i++) {
                marks.set(i, candidates.get(i).toldSoFar());
            }
        }

        CandidateProcess nextLeader(@Nullable CandidateProcess before) throws Exception {
            long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (System.nanoTime() < endNanos) {
                for (int i = 0; i < candidates.size(); i++) {
                    CandidateProcess candidate = candidates.get(i);
                    if (candidate != before && candidate.leadsSince(marks.get(i))) {
                        return candidate;
                    }
                }
                TimeUnit.MILLISECONDS.sleep(2);
            }
            throw new IllegalStateException("nobody leads for 20 s");
        }

        /** @return who took over, and has written */
        CandidateProcess stopInTheMiddleOfAWrite(CandidateProcess leader) throws Exception {
            int before = leader.toldSoFar();
            leader.order("hold");
            String holds = leader.await(before, line -> line.startsWith("holds "));
            mark();
            leader.signal("STOP");
            long stoppedNanos = System.nanoTime();
            timeline.note(
                    "kill -STOP %s, which has read the file and is about to write entry %s",
                    leader.name(), holds.substring(6));
            CandidateProcess next = nextLeader(leader);
            timeline.note(
                    "%s leads %.0f ms later (a time to live is %d ms), and writes",
                    next.name(), (System.nanoTime() - stoppedNanos) / 1e6, DemoCandidateCommand.TTL.toMillis());
            for (int i = 0; i < ENTRIES_OF_THE_NEXT; i++) {
                int since = next.toldSoFar();
                next.await(since, line -> line.startsWith("wrote "));
            }
            return next;
        }

        void wake(CandidateProcess stopped) throws Exception {
            // What it finds when it wakes.
            stopped.order("go on");
            stopped.signal("CONT");
            timeline.note("kill -CONT %s: it goes on where it was, and writes", stopped.name());
        }

        @Override
        public void close() {
            candidates.forEach(CandidateProcess::close);
        }
    }
}

package io.mandate.cli.demo;

import io.grpc.StatusRuntimeException;
import io.mandate.cli.client.StoreClient;
import io.mandate.election.TermEnd;
import io.mandate.election.TermRecord;
import io.mandate.election.guard.file.VersionedFile;
import io.mandate.election.internal.history.TermHistory;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import io.mandate.store.etcd.EtcdStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * The scenes of {@code mandate demo}: candidates that write a file, and a leader that is stopped in the middle of that.
 */
final class LedgerDemo {
    private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(5);

    private final Timeline timeline;
    private final Waiting waiting;
    private final DemoNodes nodes;

    LedgerDemo(Timeline timeline, Waiting waiting, DemoNodes nodes) {
        this.timeline = timeline;
        this.waiting = waiting;
        this.nodes = nodes;
    }

    void guarded(Attempt attempt) throws Exception {
        timeline.note("--- with a guard: a versioned file that compares fencing tokens");
        Path path = nodes.workplace(attempt.named("ledger"));
        String election = attempt.named("guarded");
        try (Candidates cast = new Candidates(timeline, waiting, nodes, election, path, true, attempt.ttl());
                EtcdStore store = nodes.connect()) {
            Candidates.Leader leader = cast.leader();
            storeLosesItsLeader(cast, leader, attempt.ttl());
            cast.stopInTheMiddleOfAWrite(leader);
            String told = cast.wake(leader);
            timeline.check(told.startsWith("refused "), "%s: %s", leader.name(), told);
            checkLedger(new FileLedger(VersionedFile.at(path)), cast);
            resign(cast, store, election);
            for (TermRecord term : history(store, election)) {
                timeline.note(
                        "history: token %d %s from %s, %s",
                        term.token(),
                        term.candidate(),
                        term.from(),
                        term.why().map(why -> "ended: " + why).orElse("leads"));
            }
        }
    }

    void unguarded(Attempt attempt) throws Exception {
        timeline.note("--- the same without the guard: a plain file, written by whoever leads");
        Path path = nodes.workplace(attempt.named("plain-ledger"));
        try (Candidates cast =
                new Candidates(timeline, waiting, nodes, attempt.named("unguarded"), path, false, attempt.ttl())) {
            Candidates.Leader leader = cast.leader();
            cast.stopInTheMiddleOfAWrite(leader);
            cast.wake(leader);
            List<String> acknowledged = cast.acknowledged();
            List<String> lines = new PlainFileLedger(path).lines();
            long lost = acknowledged.stream()
                    .filter(entry -> !lines.contains(entry))
                    .count();
            timeline.check(
                    lost > 0,
                    "corrupted, as was to be shown: of %d acknowledged entries %d are gone, overwritten by a "
                            + "leader of the past",
                    acknowledged.size(),
                    lost);
        }
    }

    /** A store that is away for less than the time to live costs no term. */
    private void storeLosesItsLeader(Candidates cast, Candidates.Leader leader, Duration ttl) throws Exception {
        int node = storeLeader();
        nodes.kill(node);
        timeline.note("kill -9 %s, which led the store", nodes.name(node));
        long endNanos = System.nanoTime() + ttl.multipliedBy(2).toNanos();
        waiting.until("two times to live to pass", () -> {
            leader.requireTerm();
            return System.nanoTime() - endNanos >= 0;
        });
        cast.awaitEntry(leader);
        timeline.check(true, "two times to live later %s still leads in its term %s", leader.name(), leader.token());
    }

    private int storeLeader() throws InterruptedException {
        try (StoreClient client = new StoreClient(nodes.endpoints(), STATUS_TIMEOUT)) {
            return waiting.forValue("a node that leads the store", () -> {
                OptionalInt leader = IntStream.range(0, nodes.endpoints().size())
                        .filter(node -> leads(client, node))
                        .findFirst();
                return leader.isPresent() ? Optional.of(leader.getAsInt()) : Optional.empty();
            });
        }
    }

    private static boolean leads(StoreClient client, int node) {
        try {
            StatusResponse status = MaintenanceGrpc.newBlockingStub(
                            List.copyOf(client.channels().values()).get(node))
                    .withDeadlineAfter(STATUS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .status(StatusRequest.getDefaultInstance());
            return status.getLeader() == status.getHeader().getMemberId();
        } catch (StatusRuntimeException doesNotSay) {
            return false;
        }
    }

    private void checkLedger(Ledger ledger, Candidates cast) throws Exception {
        // In this order: whatever is acknowledged is in the file by then.
        List<String> acknowledged = cast.acknowledged();
        List<String> lines = ledger.lines();
        boolean numbered =
                IntStream.range(0, lines.size()).allMatch(i -> lines.get(i).startsWith((i + 1) + " "));
        timeline.check(
                numbered && lines.containsAll(acknowledged),
                "the file is right: %d entries without a gap, all %d acknowledged ones among them",
                lines.size(),
                acknowledged.size());
    }

    /** What a term ended of is in the election's history, which does not depend on how long the next one took. */
    private void resign(Candidates cast, EtcdStore store, String election) throws Exception {
        Candidates.Leader leader = cast.nextLeader(null);
        long token = Long.parseLong(leader.token());
        cast.mark();
        long askedNanos = System.nanoTime();
        waiting.release(leader.process());
        leader.process().terminate();
        Candidates.Leader next = cast.nextLeader(leader);
        double millis = (System.nanoTime() - askedNanos) / 1e6;
        waiting.until(leader.name() + " to end", () -> !leader.process().isAlive());
        Optional<TermEnd> why = history(store, election).stream()
                .filter(term -> term.token() == token)
                .findFirst()
                .flatMap(TermRecord::why);
        if (!why.equals(Optional.of(TermEnd.RESIGNED))) {
            throw new TermLostException(leader.name() + " did not get to resign from its term " + token + " in time");
        }
        timeline.check(
                true,
                "%s was asked to end (SIGTERM), finished its entry and resigned: %s leads %.0f ms later",
                leader.name(),
                next.name(),
                millis);
    }

    private List<TermRecord> history(EtcdStore store, String election) throws InterruptedException {
        return waiting.answer(
                "the history of the terms",
                () -> TermHistory.read(store, election).toCompletableFuture());
    }
}

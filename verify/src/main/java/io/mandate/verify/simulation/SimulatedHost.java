package io.mandate.verify.simulation;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.TermListener;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.SimulatedConnection;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A process that wants to lead, does a little when it does, releases, and wants to lead again. */
final class SimulatedHost implements TermListener {
    private static final long MILLI = ElectionSimulation.MILLI;

    private final ElectionSimulation simulation;
    private final VirtualScheduler process;
    private final RandomGenerator random;
    private final SimulatedConnection connection;
    private final LeaseStore store;
    private final VirtualExecutor threads;
    private final Executor executor;
    private @Nullable Election election;
    private @Nullable CompletableFuture<Void> left;
    private long told;

    SimulatedHost(ElectionSimulation simulation, VirtualScheduler process, RandomGenerator random) {
        this.simulation = simulation;
        this.process = process;
        this.random = random;
        this.connection = simulation.store().client(process);
        this.store = simulation.mistake() == PlantedElectionFault.DEADLINE_FROM_THE_ANSWER
                ? new MiscountedRenewals(connection, process)
                : connection;
        this.threads = new VirtualExecutor(process, 2 * MILLI, random);
        this.executor = simulation.mistake() == PlantedElectionFault.CALLBACKS_ON_THE_LOOP ? process::execute : threads;
    }

    VirtualScheduler process() {
        return process;
    }

    SimulatedConnection connection() {
        return connection;
    }

    void join() {
        if (left != null) {
            return;
        }
        election = process.election(store, random.nextLong())
                .name(ElectionSimulation.ELECTION)
                .candidate(process.toString())
                .ttl(ElectionSimulation.TTL)
                .driftBound(ElectionSimulation.DRIFT_BOUND)
                .priority(random.nextInt(4) == 0 ? random.nextInt(3) : 0)
                .drainTimeout(Duration.ofSeconds(2))
                .executor(executor)
                .listener(this)
                .join();
        campaign(election);
    }

    private void campaign(Election on) {
        if (left != null || on != election) {
            return;
        }
        on.lead().whenComplete((leadership, failure) -> {
            if (leadership != null) {
                begin(on, leadership);
            } else {
                threads.after(nanosUpTo(500), () -> campaign(on));
            }
        });
    }

    void resign() {
        if (election != null) {
            election.resign();
        }
    }

    void leave() {
        left = election == null ? CompletableFuture.completedFuture(null) : election.closeAsync();
    }

    void checkLeft() {
        if (left == null || !left.isDone()) {
            simulation.violated("E7: " + process + " was told to leave, and did not");
        }
        if (told != 0) {
            simulation.violated("E6: nobody was told that term " + told + " of " + process + " is over");
        }
    }

    private void begin(Election on, Leadership leadership) {
        onNoLoop("a term is handed over");
        simulation.began(this, leadership.term());
        long endNanos = simulation.time().nanos() + nanosUpTo(3_000);
        if (simulation.mistake() == PlantedElectionFault.RELEASED_BEFORE_DRAINED) {
            leadership.term().resignRequested().thenRun(() -> releaseTooEarly(leadership.term()));
        }
        work(on, leadership, endNanos);
    }

    private void releaseTooEarly(Term term) {
        store.list(ElectionSimulation.ELECTION + "/", 100)
                .thenAccept(entries -> entries.stream()
                        .filter(entry -> entry.creation() == term.token())
                        .forEach(entry -> store.delete(entry.key(), entry.creation())));
    }

    /** One step of the work, and the next one later. */
    private void work(Election on, Leadership leadership, long endNanos) {
        Term term = leadership.term();
        try {
            term.requireValid(Duration.ZERO);
            simulation.acts(this, term);
        } catch (TermEndedException over) {
            checkTold(term);
            finish(on, leadership);
            return;
        }
        boolean done =
                simulation.time().nanos() >= endNanos || (term.resignRequested().isDone() && random.nextInt(10) == 0);
        if (done) {
            finish(on, leadership);
        } else {
            threads.after(nanosUpTo(60), () -> work(on, leadership, endNanos));
        }
    }

    /** Whoever looks sees it first; the others are told when the loop has run. */
    private void checkTold(Term term) {
        threads.after(100 * MILLI, () -> {
            if (!term.ended().isDone()) {
                simulation.violated("E4: " + term + " is over, and nobody was told");
            }
        });
    }

    /** Work that was told to stop takes a while for it. */
    private void finish(Election on, Leadership leadership) {
        threads.after(
                nanosUpTo(300),
                () -> leadership.release().thenRun(() -> threads.after(nanosUpTo(500), () -> campaign(on))));
    }

    private long nanosUpTo(long millis) {
        return random.nextLong(millis * MILLI + 1);
    }

    private void onNoLoop(String what) {
        if (process.insideLoop()) {
            simulation.violated("E6: " + what + " on the loop of " + process);
        }
    }

    @Override
    public void began(Term term) {
        onNoLoop("a listener is called");
        if (told != 0) {
            simulation.violated("E6: " + process + " is told of " + term + " before the end of " + told);
        }
        told = term.token();
    }

    @Override
    public void ended(Term term, TermEnd why) {
        onNoLoop("a listener is called");
        if (told != term.token()) {
            simulation.violated(
                    "E6: " + process + " is told of the end of " + term + ", but last of the begin of " + told);
        }
        told = 0;
    }

    @Override
    public String toString() {
        return process.toString();
    }
}

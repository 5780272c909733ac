package io.mandate.verify.simulation;

import io.mandate.election.Term;
import io.mandate.election.TermEndedException;
import io.mandate.election.partition.Partition;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionTask;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.testkit.SimulatedConnection;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A process that takes part in the workload, from its begin to its end: who comes back is another process, of the same
 * name.
 */
final class SimulatedMember implements PartitionTask {
    private static final long MILLI = ElectionSimulation.MILLI;

    /** What a member says of itself, which it says again when it comes back. */
    record Traits(String name, int weight, int capacity, String zone) {}

    /** One term's work: runs until it returns, or its process is dead. */
    final class Work {
        final int partition;
        final Term term;
        final CompletableFuture<Void> returned = new CompletableFuture<>();
        boolean running = true;
        boolean draining;
        boolean failing;

        Work(int partition, Term term) {
            this.partition = partition;
            this.term = term;
        }

        SimulatedMember member() {
            return SimulatedMember.this;
        }

        @Override
        public String toString() {
            return "the work of " + name() + " for partition " + partition + " with token " + term.token();
        }
    }

    private final PartitionSimulation simulation;
    private final Traits traits;
    private final VirtualScheduler process;
    private final RandomGenerator random;
    private final SimulatedConnection connection;
    private final PartitionConnection store;
    private final VirtualExecutor threads;
    private final PartitionMembership share;
    final Map<Integer, Work> works = new HashMap<>();
    private @Nullable CompletableFuture<Void> left;
    private boolean dead;

    SimulatedMember(PartitionSimulation simulation, Traits traits, VirtualScheduler process, RandomGenerator random) {
        this.simulation = simulation;
        this.traits = traits;
        this.process = process;
        this.random = random;
        this.connection = simulation.store().client(process);
        this.store = new PartitionConnection(connection, simulation);
        this.threads = new VirtualExecutor(process, 2 * MILLI, random);
        this.share = process.workload(store, PartitionSimulation.WORKLOAD, simulation.partitions(), random.nextLong())
                .member(traits.name())
                .weight(traits.weight())
                .capacity(traits.capacity())
                .zone(traits.zone())
                .ttl(PartitionSimulation.TTL)
                .settle(PartitionSimulation.SETTLE)
                .drainTimeout(PartitionSimulation.DRAIN)
                .historyLength(0)
                .executor(threads)
                .joinAsync(this);
    }

    String name() {
        return traits.name();
    }

    Traits traits() {
        return traits;
    }

    VirtualScheduler process() {
        return process;
    }

    SimulatedConnection connection() {
        return connection;
    }

    PartitionMembership share() {
        return share;
    }

    PartitionAdmin control() {
        return PartitionedWorkload.control(store, PartitionSimulation.WORKLOAD);
    }

    boolean isDead() {
        return dead;
    }

    boolean isLeaving() {
        return left != null;
    }

    boolean hasLeft() {
        return dead || (left != null && left.isDone());
    }

    void kill() {
        dead = true;
        process.kill();
    }

    void leave() {
        if (left == null) {
            left = share.closeAsync();
        }
    }

    @Override
    public CompletionStage<?> begin(Partition partition) {
        if (process.insideLoop()) {
            simulation.violated("E6: work begins on the loop of " + name());
        }
        Work work = new Work(partition.index(), partition.term());
        simulation.began(work);
        works.put(partition.index(), work);
        boolean calm = simulation.isCalm();
        if (!calm && random.nextInt(40) == 0) {
            works.remove(partition.index());
            work.running = false;
            simulation.worksThatFailed++;
            throw new IllegalStateException("work that throws, as the simulation wants it");
        }
        work.failing = !calm && random.nextInt(40) == 0;
        long lastsNanos = calm || random.nextInt(10) > 0 ? Long.MAX_VALUE / 2 : nanosUpTo(3_000);
        boolean overstays = !calm && random.nextInt(8) == 0;
        long drainNanos = overstays
                ? PartitionSimulation.DRAIN.toNanos() + nanosUpTo(1_500)
                : nanosUpTo(PartitionSimulation.DRAIN.toMillis() * 2 / 3);
        long endNanos = simulation.time().nanos() + lastsNanos;
        partition.drainRequested().thenRun(() -> drained(work, drainNanos));
        step(work, endNanos);
        return work.returned;
    }

    private void drained(Work work, long drainNanos) {
        work.draining = true;
        if (simulation.mistake() == PlantedPartitionFault.NO_DRAIN) {
            work.returned.complete(null);
        }
        if (simulation.mistake() == PlantedPartitionFault.RELEASED_BEFORE_RETURNED) {
            releaseTooEarly(work);
        }
        threads.after(drainNanos, () -> finish(work));
    }

    private void releaseTooEarly(Work work) {
        connection
                .list(PartitionSimulation.candidates(work.partition), 100)
                .thenAccept(entries -> entries.stream()
                        .filter(entry -> entry.creation() == work.term.token())
                        .forEach(entry -> connection.delete(entry.key(), entry.creation())));
    }

    private void step(Work work, long endNanos) {
        if (!work.running) {
            return;
        }
        try {
            work.term.requireValid(Duration.ZERO);
            simulation.acts(work);
        } catch (TermEndedException over) {
            // Work notices late that its term is over.
            threads.after(nanosUpTo(200), () -> finish(work));
            return;
        }
        if (simulation.time().nanos() >= endNanos) {
            finish(work);
        } else {
            threads.after(20 * MILLI + nanosUpTo(400), () -> step(work, endNanos));
        }
    }

    private void finish(Work work) {
        if (!work.running) {
            return;
        }
        work.running = false;
        works.remove(work.partition, work);
        if (work.failing) {
            simulation.worksThatFailed++;
            work.returned.completeExceptionally(
                    new IllegalStateException("work that fails, as the simulation wants it"));
        } else {
            work.returned.complete(null);
        }
    }

    private long nanosUpTo(long millis) {
        return random.nextLong(millis * MILLI + 1);
    }

    @Override
    public String toString() {
        return process.toString();
    }
}

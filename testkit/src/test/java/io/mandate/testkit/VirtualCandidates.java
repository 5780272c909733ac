package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** Candidates of the election {@code e}, each a process with a connection of its own, in virtual time. */
final class VirtualCandidates {
    static final String NAME = "e";
    static final Duration TTL = Duration.ofSeconds(2);
    static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(5);

    final VirtualTime time = new VirtualTime();
    final SimulatedStore store = new SimulatedStore(time, 1);
    private final List<Election> elections = new ArrayList<>();

    ElectionBuilder describe(String process) {
        return describe(process, connection -> connection);
    }

    /** @param view of its connection that the process has */
    ElectionBuilder describe(String process, UnaryOperator<LeaseStore> view) {
        VirtualScheduler scheduler = new VirtualScheduler(time, process);
        return scheduler
                .election(view.apply(store.client(scheduler)), 1)
                .name(NAME)
                .candidate(process)
                .ttl(TTL)
                .drainTimeout(DRAIN_TIMEOUT)
                // What is handed over arrives a while later, so that other things happen in between.
                .executor(new VirtualExecutor(scheduler, 3_000_000, new SplittableRandom(1)));
    }

    Election join(String process) {
        return join(describe(process));
    }

    Election join(ElectionBuilder described) {
        Election election = described.join();
        elections.add(election);
        return election;
    }

    <A> A soon(CompletableFuture<A> future) {
        await(future, Duration.ofSeconds(5));
        return future.join();
    }

    void await(CompletableFuture<?> future, Duration bound) {
        assertThat(time.runUntil(future::isDone, bound)).as("within %s", bound).isTrue();
    }

    /** Lets so many events happen. */
    void step(int events) {
        int[] left = {events};
        if (events > 0) {
            time.runUntil(() -> --left[0] <= 0, Duration.ofSeconds(1));
        }
    }

    void close() {
        elections.forEach(Election::closeAsync);
        time.runFor(Duration.ofMinutes(5));
    }
}

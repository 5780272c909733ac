package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.Leadership;
import io.mandate.election.TermEnd;
import io.mandate.election.TermRecord;
import io.mandate.election.internal.TermAccess;
import io.mandate.testkit.time.VirtualExecutor;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A whole election in virtual time, by no other way than the public one. */
class VirtualElectionTest {
    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore store = new SimulatedStore(time, 1);

    private CompletableFuture<Leadership> lead(VirtualScheduler process) {
        return join(process, store.client(process)).lead();
    }

    private Election join(VirtualScheduler process, SimulatedConnection connection) {
        return process.election(connection, 1)
                .name("e")
                .candidate(process.toString())
                .ttl(Duration.ofSeconds(1))
                .executor(new VirtualExecutor(process))
                .join();
    }

    /** Why the first term is over, by the history, for which the election does not wait. */
    private TermEnd recorded(Election election) {
        time.runFor(Duration.ofSeconds(1));
        CompletableFuture<List<TermRecord>> history = election.history();
        assertThat(time.runUntil(history::isDone, Duration.ofSeconds(5))).isTrue();
        List<TermRecord> terms = history.join();
        return terms.get(terms.size() - 1).why().orElseThrow();
    }

    @Test
    void whoReleasesBecauseTheTermIsAboutToEndSaysSoInTheHistory() {
        VirtualScheduler process = new VirtualScheduler(time, "one");
        Election election = join(process, store.client(process));
        CompletableFuture<Leadership> leading = election.lead();
        assertThat(time.runUntil(leading::isDone, Duration.ofSeconds(1))).isTrue();
        Leadership leadership = leading.join();
        CompletableFuture<Void> left = leadership.release(TermEnd.STORE_UNREACHABLE);
        assertThat(time.runUntil(left::isDone, Duration.ofSeconds(1))).isTrue();
        assertThat(leadership.term().ended()).isCompletedWithValue(TermEnd.STORE_UNREACHABLE);
        assertThat(recorded(election)).isEqualTo(TermEnd.STORE_UNREACHABLE);
        leadership.release(TermEnd.PAUSED);
        leadership.close();
        assertThat(leadership.term().ended()).isCompletedWithValue(TermEnd.STORE_UNREACHABLE);
    }

    @Test
    void theFirstReasonStaysWhenWorkIsStoppedForAnother() {
        VirtualScheduler process = new VirtualScheduler(time, "one");
        Election election = join(process, store.client(process));
        CompletableFuture<Leadership> leading = election.lead();
        assertThat(time.runUntil(leading::isDone, Duration.ofSeconds(1))).isTrue();
        TermAccess.superseded(leading.join().term());
        leading.join().release(TermEnd.STORE_UNREACHABLE);
        time.runFor(Duration.ofSeconds(1));
        assertThat(recorded(election)).isEqualTo(TermEnd.SUPERSEDED);
    }

    @Test
    void aPausedLeaderIsReplacedAndFindsItsTermOverWhenItWakes() {
        VirtualScheduler one = new VirtualScheduler(time, "one");
        VirtualScheduler two = new VirtualScheduler(time, "two");
        CompletableFuture<Leadership> first = lead(one);
        assertThat(time.runUntil(first::isDone, Duration.ofSeconds(1))).isTrue();
        CompletableFuture<Leadership> second = lead(two);
        assertThat(time.runUntil(second::isDone, Duration.ofSeconds(30))).isFalse();

        one.pause(10_000_000_000L);
        assertThat(time.runUntil(second::isDone, Duration.ofSeconds(5))).isTrue();
        assertThat(second.join().term().token())
                .isGreaterThan(first.join().term().token());
        time.runFor(Duration.ofSeconds(10));

        assertThat(first.join().term().ended()).isDone();
        assertThat(second.join().term().ended()).isNotDone();
        first.join().release();
        second.join().release();
    }

    @Test
    void whoSeesTheDeadlinePassFirstDoesNotTakeASilentStoreForAPause() {
        VirtualScheduler process = new VirtualScheduler(time, "one");
        SimulatedConnection connection = store.client(process);
        Election election = join(process, connection);
        CompletableFuture<Leadership> leading = election.lead();
        assertThat(time.runUntil(leading::isDone, Duration.ofSeconds(1))).isTrue();
        Leadership leadership = leading.join();
        connection.partition(Duration.ofSeconds(3));
        // The last renewal may have been answered before this: the look comes at the deadline, and before the loop's.
        new VirtualExecutor(process)
                .after(
                        leadership.term().remaining().toNanos(),
                        () -> leadership.term().remaining());
        time.runFor(Duration.ofSeconds(1));
        assertThat(leadership.term().ended()).isCompletedWithValue(TermEnd.STORE_UNREACHABLE);
        leadership.release();
    }

    @Test
    void whoSeesTheDeadlinePassFirstAfterAPauseSaysSo() {
        VirtualScheduler process = new VirtualScheduler(time, "one");
        Election election = join(process, store.client(process));
        CompletableFuture<Leadership> leading = election.lead();
        assertThat(time.runUntil(leading::isDone, Duration.ofSeconds(1))).isTrue();
        Leadership leadership = leading.join();
        process.pause(2_000_000_000L);
        new VirtualExecutor(process).after(1, () -> leadership.term().remaining());
        time.runFor(Duration.ofSeconds(5));
        assertThat(leadership.term().ended()).isCompletedWithValue(TermEnd.PAUSED);
        leadership.release();
    }

    @Test
    void anElectionKeepsItsNameWhenItsBuilderDescribesAnother() {
        VirtualScheduler process = new VirtualScheduler(time, "one");
        ElectionBuilder builder = process.election(store.client(process), 1)
                .name("a")
                .candidate("first")
                .ttl(Duration.ofSeconds(1))
                .executor(new VirtualExecutor(process));
        List<Election> elections = new ArrayList<>(List.of(builder.join()));
        elections.add(builder.name("b").candidate("second").join());
        for (int campaign = 0; campaign < 2; campaign++) {
            List<String> led = new ArrayList<>();
            for (Election election : elections) {
                CompletableFuture<Leadership> leads = election.lead();
                assertThat(time.runUntil(leads::isDone, Duration.ofSeconds(1))).isTrue();
                led.add(leads.join().term().toString());
                leads.join().release();
                time.runFor(Duration.ofSeconds(1));
            }
            assertThat(led.get(0)).endsWith("of first in election a");
            assertThat(led.get(1)).endsWith("of second in election b");
        }
    }
}

package io.mandate.testkit;

import static io.mandate.testkit.VirtualCandidates.DRAIN_TIMEOUT;
import static io.mandate.testkit.VirtualCandidates.NAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Election;
import io.mandate.election.ElectionHealth;
import io.mandate.election.Leadership;
import io.mandate.election.TermEnd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A term may begin when whoever asked for it does not wait any more. Then it is nobody's, and no reason for anybody to
 * wait.
 */
class GivenUpLeadTest {
    /** More than happen from asking to lead until the future has the term. */
    private static final int EVENTS = 40;

    private VirtualCandidates world = new VirtualCandidates();

    @AfterEach
    void close() {
        world.close();
    }

    /** What ends a campaign that nobody waits for. */
    enum Farewell {
        CLOSE {
            @Override
            CompletableFuture<?> say(Election election, CompletableFuture<Leadership> lead) {
                return election.closeAsync();
            }
        },
        RESIGN {
            @Override
            CompletableFuture<?> say(Election election, CompletableFuture<Leadership> lead) {
                return election.resign();
            }
        },
        CANCEL {
            @Override
            CompletableFuture<?> say(Election election, CompletableFuture<Leadership> lead) {
                assertThat(lead.cancel(false)).isTrue();
                return election.resign();
            }
        },
        TIME_OUT {
            /** As {@code orTimeout} does. */
            @Override
            CompletableFuture<?> say(Election election, CompletableFuture<Leadership> lead) {
                return lead.completeExceptionally(new TimeoutException())
                        ? lead.exceptionally(late -> null)
                        : election.resign();
            }
        };

        abstract CompletableFuture<?> say(Election election, CompletableFuture<Leadership> lead);
    }

    @ParameterizedTest
    @EnumSource
    void itIsGivenBackWhereverTheGrantIsJustThen(Farewell farewell) {
        boolean ledOnce = false;
        for (int events = 0; events <= EVENTS; events++) {
            world = new VirtualCandidates();
            Election one = world.join("one");
            CompletableFuture<Leadership> lead = one.lead();
            world.step(events);
            ledOnce |= lead.isDone();
            world.await(farewell.say(one, lead), Duration.ofSeconds(1));
            world.time.runFor(Duration.ofMillis(100));
            assertThat(world.store.entries(NAME + "/"))
                    .as("after %d events", events)
                    .isEmpty();
            assertThat(lead).as("after %d events", events).isCompletedExceptionally();
            world.close();
        }
        assertThat(ledOnce).as("the term was there").isTrue();
    }

    @Test
    void whoTimesOutInTheQueueLeavesItAndMayCampaignAgain() {
        Leadership leads = world.soon(world.join("one").lead());
        Election two = world.join("two");
        CompletableFuture<Leadership> late = two.lead().orTimeout(1, TimeUnit.DAYS);
        world.time.runFor(Duration.ofSeconds(1));
        assertThat(world.store.entries(NAME + "/")).hasSize(2);
        late.completeExceptionally(new TimeoutException());
        world.time.runFor(Duration.ofSeconds(1));
        assertThat(world.store.entries(NAME + "/")).hasSize(1);
        CompletableFuture<Leadership> again = two.lead();
        leads.release();
        world.soon(again).release();
    }

    @Test
    void aTimeOutOnTheFutureTakesNothingOutOfIt() {
        Election one = world.join("one");
        CompletableFuture<Leadership> lead = one.lead().orTimeout(1, TimeUnit.DAYS);
        assertThat(world.time.runUntil(lead::isDone, Duration.ofSeconds(1))).isTrue();
        world.await(one.closeAsync(), Duration.ofSeconds(1));
    }

    @Test
    void whatSomebodyTookIsWaitedFor() {
        Election one = world.join("one");
        Leadership taken = world.soon(one.lead());
        CompletableFuture<Void> closing = one.closeAsync();
        world.time.runFor(DRAIN_TIMEOUT.minusMillis(100));
        assertThat(closing).isNotDone();
        assertThat(taken.term().resignRequested()).isDone();
        assertThat(taken.term().remaining()).isPositive();
        taken.release();
        world.await(closing, Duration.ofMillis(50));
        assertThat(taken.term().ended().join()).isEqualTo(TermEnd.RESIGNED);
    }

    @Test
    void whatACallbackTookIsWaitedFor() {
        Election one = world.join("one");
        List<Leadership> taken = new ArrayList<>();
        one.lead().thenAccept(taken::add);
        world.time.runFor(Duration.ofSeconds(1));
        CompletableFuture<Void> closing = one.closeAsync();
        world.time.runFor(Duration.ofSeconds(1));
        assertThat(closing).isNotDone();
        taken.forEach(Leadership::release);
        world.await(closing, Duration.ofMillis(50));
    }

    @Test
    void whatWasTakenByWayOfAnyOfIsWaitedFor() {
        Election one = world.join("one");
        CompletableFuture<Object> any = CompletableFuture.anyOf(one.lead(), new CompletableFuture<>());
        Leadership taken = (Leadership) world.soon(any);
        assertThat(taken.term().remaining()).isPositive();
        CompletableFuture<Void> closing = one.closeAsync();
        world.time.runFor(Duration.ofSeconds(1));
        assertThat(closing).isNotDone();
        taken.release();
        world.await(closing, Duration.ofMillis(50));
    }

    @Test
    void aLeadershipThatIsNeverClosedIsEndedWhenTheDrainTimeoutIsOver() {
        Election one = world.join("one");
        Leadership kept = world.soon(one.lead());
        CompletableFuture<Leadership> next = world.join("two").lead();
        CompletableFuture<Void> closing = one.closeAsync();
        world.await(closing, DRAIN_TIMEOUT.plusMillis(100));
        world.soon(next).release();
        assertThat(kept.term().ended()).isCompletedWithValue(TermEnd.OVERDUE);
        world.await(kept.release(), Duration.ZERO);
    }

    @Test
    void soIsOneWhoseTermIsOver() {
        Election one = world.join("one");
        Leadership kept = world.soon(one.lead());
        world.store.operatorRevokes(world.store.leases().get(0));
        world.soon(kept.term().ended().thenApply(why -> why));
        world.await(one.closeAsync(), DRAIN_TIMEOUT.plusMillis(100));
    }

    @Test
    void aClosedCandidateCampaignsNoMore() {
        Election one = world.join("one");
        CompletableFuture<Void> closing = one.closeAsync();
        assertThatThrownBy(one::lead).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
        world.await(closing, Duration.ofSeconds(1));
        assertThat(one.health().state()).isEqualTo(ElectionHealth.State.NOT_CAMPAIGNING);
    }

    @Test
    void cancellingWhatCloseReturnsKeepsNobodyFromClosing() {
        Election one = world.join("one");
        one.closeAsync().cancel(true);
        world.await(one.closeAsync(), Duration.ofSeconds(1));
        assertThat(one.closeAsync()).isCompletedWithValue(null);
    }
}

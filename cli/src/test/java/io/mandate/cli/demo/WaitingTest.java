package io.mandate.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.store.StoreException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the demo does while it waits, in virtual time. */
class WaitingTest {
    private final StringWriter out = new StringWriter();
    private long nowNanos = 17;
    private final Waiting waiting = new Waiting(
            new Timeline(new PrintWriter(out, true)), () -> nowNanos, millis -> nowNanos += millis * 1_000_000);

    private static class Stub implements Waiting.Participant {
        boolean alive = true;

        @Override
        public String name() {
            return "node-2";
        }

        @Override
        public boolean isAlive() {
            return alive;
        }

        @Override
        public String lastLines() {
            return "address already in use";
        }
    }

    private boolean passed(Duration time) {
        return nowNanos >= 17 + time.toNanos();
    }

    private List<String> notes() {
        return out.toString()
                .lines()
                .skip(1)
                .map(line -> line.replaceFirst("^ *[0-9.]+ +", ""))
                .toList();
    }

    @Test
    void whatIsThereSoonIsNotSpokenOf() throws Exception {
        assertThat(waiting.forValue("a word", () -> Optional.of("word"))).isEqualTo("word");
        waiting.until("a second to pass", () -> passed(Duration.ofSeconds(1)));
        assertThat(notes()).isEmpty();
    }

    @Test
    void whatTakesLongIsNamedAndWaitedFor() throws Exception {
        waiting.until("node-3 to be ready", () -> passed(Duration.ofMinutes(4)));
        assertThat(notes()).hasSizeBetween(10, 40).containsOnly("still waiting for: node-3 to be ready");
    }

    @Test
    void theWholeDemoHasOneLimit() throws Exception {
        waiting.until("node-3 to be ready", () -> passed(Duration.ofMinutes(6)));
        assertThatThrownBy(() -> waiting.until("somebody to lead", () -> false))
                .isInstanceOf(DemoException.class)
                .hasMessage("given up after 10 minutes, waiting for: somebody to lead");
        assertThat(passed(Waiting.LIMIT.plusSeconds(1))).isFalse();
    }

    @Test
    void nobodyWaitsForAProcessThatHasEnded() {
        Stub node = new Stub();
        waiting.need(node);
        assertThatThrownBy(() -> waiting.until("somebody to lead", () -> {
                    node.alive = !passed(Duration.ofSeconds(1));
                    return false;
                }))
                .isInstanceOf(DemoException.class)
                .hasMessageContainingAll("node-2 has ended", "somebody to lead", "address already in use");
        assertThat(passed(Duration.ofSeconds(2))).isFalse();
    }

    @Test
    void aProcessThatTheDemoEndedIsNotMissed() throws Exception {
        Stub node = new Stub();
        waiting.need(node);
        waiting.release(node);
        node.alive = false;
        waiting.until("three seconds to pass", () -> passed(Duration.ofSeconds(3)));
        assertThat(notes()).containsExactly("still waiting for: three seconds to pass");
    }

    @Test
    void processesThatEndWithThisOneAreNoFailure() {
        Stub node = new Stub();
        waiting.need(node);
        node.alive = false;
        waiting.stop();
        assertThatThrownBy(() -> waiting.until("somebody to lead", () -> false))
                .isInstanceOf(InterruptedException.class);
    }

    @Test
    void aStoreThatFailsIsAskedAgain() throws Exception {
        List<CompletableFuture<String>> asked = new ArrayList<>();
        assertThat(waiting.answer("the state", () -> {
                    asked.add(
                            asked.size() < 3
                                    ? CompletableFuture.failedFuture(new StoreException("no leader"))
                                    : CompletableFuture.completedFuture("state"));
                    return asked.get(asked.size() - 1);
                }))
                .isEqualTo("state");
        assertThat(asked).hasSize(4);
    }

    @Test
    void anAnswerThatIsLateIsNotAskedForTwice() throws Exception {
        CompletableFuture<String> late = new CompletableFuture<>();
        List<CompletableFuture<String>> asked = new ArrayList<>();
        waiting.need(new Stub() {
            @Override
            public boolean isAlive() {
                if (passed(Duration.ofSeconds(30))) {
                    late.complete("late");
                }
                return true;
            }
        });
        assertThat(waiting.answer("the state", () -> {
                    asked.add(late);
                    return late;
                }))
                .isEqualTo("late");
        assertThat(asked).hasSize(1);
    }

    @Test
    void aSceneInWhichATermWasLostIsPlayedAgainWithMoreTime() throws Exception {
        List<String> played = new ArrayList<>();
        Attempt.until(
                attempt -> {
                    played.add(attempt.named("scene") + " " + attempt.ttl().toMillis());
                    if (attempt.number() < 4) {
                        throw new TermLostException("ada lost its term 5");
                    }
                },
                (lost, next) -> played.add(lost.getMessage() + ", next " + next.number()));
        assertThat(played)
                .containsExactly(
                        "scene 1000",
                        "ada lost its term 5, next 2",
                        "scene-2 4000",
                        "ada lost its term 5, next 3",
                        "scene-3 16000",
                        "ada lost its term 5, next 4",
                        "scene-4 16000");
    }
}

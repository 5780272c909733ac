package io.mandate.election.guard.http;

import static io.mandate.election.guard.http.ConditionalObjectServer.DROP;
import static io.mandate.election.guard.http.ConditionalObjectServer.LOSE_ANSWER;
import static io.mandate.election.guard.http.ConditionalObjectServer.appliedButStatus;
import static io.mandate.election.guard.http.ConditionalObjectServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.TermEndedException;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.TermAccess;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Answers that do not come: each write takes effect once or not at all, and the writer is told which, or that it cannot
 * be known.
 */
@Tag("integration")
class LostAnswerTest {
    private static final Content A = Content.utf8("a");

    private final HttpClient client = HttpClient.newHttpClient();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Term term = FixedTerm.of(5);
    private ConditionalObjectServer server;
    private ObjectGuard guard;
    private URI uri;

    @BeforeEach
    void start() throws Exception {
        server = new ConditionalObjectServer();
        guard = ObjectGuard.on(client).build();
        uri = server.uri("bucket/ledger");
        guard.update(term, uri, ObjectGuardTest::plusOne);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        server.close();
    }

    private String content() throws InterruptedException {
        return guard.read(uri).orElseThrow().content().utf8();
    }

    @Test
    void aWriteWhoseAnswerWasLostIsFoundToBeDoneAndNotDoneAgain() throws Exception {
        server.faults.add(LOSE_ANSWER);

        ObjectWrite.Written written = guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(content()).isEqualTo("2");
        assertThat(written.etag()).contains(guard.read(uri).orElseThrow().etag());
    }

    @Test
    void theFirstWriteOfAnObjectWhoseAnswerWasLostIsFoundToBeDone() throws Exception {
        server.faults.add(LOSE_ANSWER);

        assertThat(guard.write(term, server.uri("new"), Expected.absent(), A)).isInstanceOf(ObjectWrite.Written.class);
    }

    @Test
    void aWriteThatGotLostIsSentAgain() throws Exception {
        server.faults.addAll(List.of(DROP, status(503), status(429), DROP));

        guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(content()).isEqualTo("2");
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 504, 202, 412})
    void anAnswerThatDoesNotTellTheTruthIsNotBelieved(int status) throws Exception {
        server.faults.add(appliedButStatus(status));

        guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(content()).isEqualTo("2");
    }

    @Test
    void aWriteThatWasOverwrittenBeforeItsWriterCouldLookIsStillFoundToBeDone() throws Exception {
        Term successor = FixedTerm.of(6);
        server.faults.add((exchange, put) -> {
            put.apply();
            for (int i = 0; i < Lineage.LENGTH_MAX - 1; i++) {
                guard.update(successor, uri, ObjectGuardTest::plusOne);
            }
            return false;
        });

        ObjectWrite.Written written = guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(written.etag()).isEmpty();
        assertThat(content()).isEqualTo("" + (2 + Lineage.LENGTH_MAX - 1));
        assertThat(term.ended()).isDone();
    }

    @Test
    void aWriteThatWasOverwrittenTooOftenToTellIsUnknown() {
        server.faults.add((exchange, put) -> {
            put.apply();
            for (int i = 0; i < Lineage.LENGTH_MAX; i++) {
                guard.update(term, uri, ObjectGuardTest::plusOne);
            }
            return false;
        });

        assertThatThrownBy(() -> guard.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void aWriteThatGotLostAndWasOvertakenIsDecidedAgain() throws Exception {
        server.faults.add((exchange, put) -> {
            guard.update(term, uri, ObjectGuardTest::plusOne);
            return false;
        });

        guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(content()).isEqualTo("3");
    }

    @Test
    void aWriteThatGotLostAndWasOvertakenByALargerTokenIsStale() throws Exception {
        server.faults.add((exchange, put) -> {
            guard.update(FixedTerm.of(6), uri, ObjectGuardTest::plusOne);
            return false;
        });

        assertThatThrownBy(() -> guard.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(StaleTokenException.class);
        assertThat(content()).isEqualTo("2");
    }

    @Test
    void aLateCopyOfAWriteChangesNothing() throws Exception {
        CountDownLatch onItsWay = new CountDownLatch(1);
        CompletableFuture<Integer> arrived = new CompletableFuture<>();
        server.faults.add((exchange, put) -> {
            onItsWay.await();
            arrived.complete(put.apply());
            return false;
        });
        ObjectGuard hasty =
                ObjectGuard.on(client).requestTimeout(Duration.ofMillis(200)).build();

        hasty.update(term, uri, ObjectGuardTest::plusOne);
        onItsWay.countDown();

        assertThat(arrived.get(10, TimeUnit.SECONDS)).isEqualTo(412);
        assertThat(content()).isEqualTo("2");
    }

    /**
     * While the condition still holds, that the object is unchanged proves nothing: the first copy may arrive after the
     * look and before the next write.
     */
    @Test
    void aLateCopyThatOvertakesItsRepetitionIsNotDoneTwice() throws Exception {
        CompletableFuture<ConditionalObjectServer.Arrived> late = new CompletableFuture<>();
        server.faults.add((exchange, put) -> {
            late.complete(put);
            return false;
        });
        server.faults.add(status(409));
        server.faults.add((exchange, put) -> late.join().apply() == 200);

        guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(content()).isEqualTo("2");
    }

    @Test
    void aServerThatNeverAnswersLeavesTheOutcomeUnknown() throws Exception {
        server.everyPut = DROP;

        assertThatThrownBy(() -> guard.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining(uri.toString());
        assertThat(content()).isEqualTo("1");
    }

    @Test
    void aTermThatEndsInDoubtSendsNothingMoreButLooks() throws Exception {
        server.faults.add((exchange, put) -> {
            put.apply();
            TermAccess.superseded(term);
            return false;
        });
        guard.update(term, uri, ObjectGuardTest::plusOne);
        assertThat(content()).isEqualTo("2");

        Term other = FixedTerm.of(5);
        int puts = server.puts.get();
        server.faults.add((exchange, put) -> {
            TermAccess.superseded(other);
            return false;
        });
        assertThatThrownBy(() -> guard.update(other, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasCauseInstanceOf(TermEndedException.class);
        assertThat(server.puts.get() - puts).isEqualTo(1);
    }

    @Test
    void aServerThatIsNotThereWasCertainlyNotWrittenTo() {
        server.close();

        assertThatThrownBy(() -> guard.write(term, uri, Expected.absent(), A))
                .isInstanceOf(ObjectGuardException.class)
                .hasMessageContaining("nothing was written");
    }

    @Test
    void aConflictIsTriedAgainAndForEverIsTooOften() throws Exception {
        server.faults.addAll(List.of(status(409), status(409), status(404), status(412)));
        guard.update(term, uri, ObjectGuardTest::plusOne);
        assertThat(content()).isEqualTo("2");

        server.everyPut = status(409);
        int puts = server.puts.get();
        assertThatThrownBy(() -> guard.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(ObjectGuardException.class)
                .hasMessageContaining("409");
        assertThat(server.puts.get() - puts).isEqualTo(ObjectGuardOptions.CONFLICTS_MAX + 1);
    }

    @Test
    void aSignerThatFailsInDoubtDoesNotHideTheDoubt() throws Exception {
        AtomicInteger signed = new AtomicInteger();
        ObjectGuard signing = ObjectGuard.on(client)
                .signer((request, body) -> {
                    if (signed.incrementAndGet() > 2) {
                        throw new IllegalStateException("no credentials");
                    }
                })
                .build();
        server.faults.add(DROP);

        assertThatThrownBy(() -> signing.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("no credentials");
        assertThatThrownBy(() -> signing.read(uri)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 413, 501})
    void aRefusalIsFinal(int status) throws Exception {
        int puts = server.puts.get();
        server.faults.add(status(status));

        assertThatThrownBy(() -> guard.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(ObjectGuardException.class)
                .hasMessageContaining("" + status);
        assertThat(server.puts.get() - puts).isEqualTo(1);
    }

    @Test
    void aRefusalAfterALostAnswerDoesNotHideThatTheWriteWasDone() throws Exception {
        server.faults.addAll(List.of(LOSE_ANSWER, status(403)));

        guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(content()).isEqualTo("2");
    }

    @Test
    void aServerThatTellsNoETagOfItsPutsIsAskedForIt() throws Exception {
        server.tellsETagOfPut = false;

        ObjectWrite.Written written = guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(written.etag()).contains(guard.read(uri).orElseThrow().etag());
    }

    @Test
    void aWriterInterruptedBeforeItSentIsToldThatNothingWasWritten() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> guard.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(InterruptedException.class);
        assertThat(server.puts).hasValue(1);
    }

    @Test
    void aWriterInterruptedWhileItWaitsForTheAnswerDoesNotKnow() throws Exception {
        CountDownLatch answers = new CountDownLatch(1);
        Thread writer = Thread.currentThread();
        server.faults.add((exchange, put) -> {
            writer.interrupt();
            answers.await();
            return false;
        });

        assertThatThrownBy(() -> guard.update(term, uri, ObjectGuardTest::plusOne))
                .isInstanceOf(OutcomeUnknownException.class);
        assertThat(Thread.interrupted()).isTrue();
        answers.countDown();
    }

    @Test
    void aCancelledWriteSendsNothingMore() throws Exception {
        CountDownLatch sent = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CompletableFuture<Void> dropped = new CompletableFuture<>();
        server.faults.add((exchange, put) -> {
            sent.countDown();
            cancelled.await();
            dropped.complete(null);
            return false;
        });
        CompletableFuture<ObjectWrite.Written> write = guard.updateAsync(term, uri, ObjectGuardTest::plusOne);
        assertThat(sent.await(10, TimeUnit.SECONDS)).isTrue();
        int requests = server.puts.get() + server.gets.get();

        write.cancel(true);
        cancelled.countDown();

        dropped.get(10, TimeUnit.SECONDS);
        assertThat(content()).isEqualTo("1");
        assertThat(server.puts.get() + server.gets.get()).isEqualTo(requests + 1);
    }

    @Test
    void inAStormOfLostAnswersEveryWriteThatIsSaidToBeDoneIsDoneOnce() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        server.everyPut = (exchange, put) -> {
            int kind;
            synchronized (random) {
                kind = random.nextInt(10);
            }
            return switch (kind) {
                case 0 -> LOSE_ANSWER.on(exchange, put);
                case 1 -> DROP.on(exchange, put);
                case 2 -> status(409).on(exchange, put);
                case 3 -> appliedButStatus(500).on(exchange, put);
                default -> true;
            };
        };
        int writers = 4;
        int writesEach = 15;
        AtomicInteger unknown = new AtomicInteger();
        List<Future<?>> running = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            running.add(threads.submit(() -> {
                for (int i = 0; i < writesEach; i++) {
                    try {
                        guard.update(term, uri, ObjectGuardTest::plusOne);
                    } catch (OutcomeUnknownException overwrittenTooOften) {
                        unknown.incrementAndGet();
                    }
                }
                return null;
            }));
        }
        for (Future<?> writer : running) {
            writer.get(100, TimeUnit.SECONDS);
        }
        int said = writers * writesEach - unknown.get();
        assertThat(Integer.parseInt(content()) - 1).isBetween(said, said + unknown.get());
        assertThat(unknown.get()).isLessThan(writesEach);
    }
}

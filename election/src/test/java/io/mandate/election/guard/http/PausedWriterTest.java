package io.mandate.election.guard.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The story a guard is for: a leader reads, is paused, another one leads and writes, the first one wakes and writes.
 * With the guard and without it.
 */
@Tag("integration")
class PausedWriterTest {
    private static final int ROUNDS = 100;
    private static final int WRITERS = 8;
    private static final int WRITES_EACH = 25;

    private final HttpClient client = HttpClient.newHttpClient();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private ConditionalObjectServer server;
    private URI uri;

    @BeforeEach
    void start() throws Exception {
        server = new ConditionalObjectServer();
        uri = server.uri("bucket/ledger");
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        server.close();
    }

    private ObjectGuard guard(ETags etags) {
        server.tags =
                etags == ETags.OF_CONTENT ? ConditionalObjectServer.Tags.MD5 : ConditionalObjectServer.Tags.COUNTER;
        return ObjectGuard.on(client).etags(etags).build();
    }

    /**
     * The function given to update runs between the read and the write: there the writer is paused, and there its
     * successor writes.
     */
    @ParameterizedTest
    @EnumSource(ETags.class)
    void ofAHundredPausedWritersNoneIsAcceptedAfterItsSuccessorWrote(ETags etags) throws Exception {
        ObjectGuard guard = guard(etags);
        int accepted = 0;
        for (int round = 1; round <= ROUNDS; round++) {
            Term paused = FixedTerm.of(2L * round);
            Term successor = FixedTerm.of(2L * round + 1);
            String right = "written by " + successor.token();
            try {
                guard.update(paused, uri, seen -> {
                    if (seen.isEmpty() || seen.get().token() < successor.token()) {
                        writeAsSuccessor(guard, successor, right);
                    }
                    return Content.utf8("stale");
                });
                accepted++;
            } catch (StaleTokenException refused) {
                assertThat(refused.largestToken()).isEqualTo(successor.token());
                assertThat(paused.ended()).isCompletedWithValue(TermEnd.SUPERSEDED);
            }
            assertThat(guard.read(uri).orElseThrow().content().utf8()).isEqualTo(right);
        }
        assertThat(accepted).isZero();
    }

    @Test
    void withoutTheGuardTheSameHundredPausedWritersOverwriteTheirSuccessors() throws Exception {
        int overwritten = 0;
        for (int round = 1; round <= ROUNDS; round++) {
            unguardedGet();
            unguardedPut("written by the successor");
            unguardedPut("stale");
            overwritten += unguardedGet().equals("stale") ? 1 : 0;
        }
        assertThat(overwritten).isEqualTo(ROUNDS);
    }

    /**
     * Where the ETag is the hash of the content, the successor's write of the very content that the paused writer has
     * read gives the same ETag again, and a condition on it holds. The guard's stamp makes each write different. With
     * the stamp taken out of ObjectWire this fails.
     */
    @Test
    void aPausedWriterIsRefusedAlsoIfItsSuccessorWroteTheSameContentAgain() throws Exception {
        ObjectGuard guard = guard(ETags.OF_CONTENT);
        guard.update(FixedTerm.of(1), uri, none -> Content.utf8("same"));

        assertThatThrownBy(() -> guard.update(FixedTerm.of(1), uri, seen -> {
                    if (seen.orElseThrow().token() == 1) {
                        writeAsSuccessor(guard, FixedTerm.of(2), "same");
                    }
                    return Content.utf8("stale");
                }))
                .isInstanceOf(StaleTokenException.class);
        assertThat(guard.read(uri).orElseThrow().content().utf8()).isEqualTo("same");
    }

    @ParameterizedTest
    @EnumSource(ETags.class)
    void writersAtOnceLoseNoUpdate(ETags etags) throws Exception {
        ObjectGuard guard = guard(etags);
        List<Future<?>> writers = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            writers.add(threads.submit(() -> {
                Term term = FixedTerm.of(7);
                for (int i = 0; i < WRITES_EACH; i++) {
                    guard.update(term, uri, ObjectGuardTest::plusOne);
                }
                return null;
            }));
        }
        for (Future<?> writer : writers) {
            writer.get(60, TimeUnit.SECONDS);
        }
        assertThat(guard.read(uri).orElseThrow().content().utf8()).isEqualTo("" + WRITERS * WRITES_EACH);
    }

    @Test
    void withoutTheGuardWritersAtOnceLoseUpdates() throws Exception {
        unguardedPut("0");
        CyclicBarrier bothHaveRead = new CyclicBarrier(2);
        List<Future<?>> writers = new ArrayList<>();
        for (int writer = 0; writer < 2; writer++) {
            writers.add(threads.submit(() -> {
                int seen = Integer.parseInt(unguardedGet());
                bothHaveRead.await(10, TimeUnit.SECONDS);
                unguardedPut("" + (seen + 1));
                return null;
            }));
        }
        for (Future<?> writer : writers) {
            writer.get(20, TimeUnit.SECONDS);
        }
        assertThat(unguardedGet()).isEqualTo("1");
    }

    private void writeAsSuccessor(ObjectGuard guard, Term successor, String text) {
        try {
            guard.update(successor, uri, seen -> Content.utf8(text));
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private String unguardedGet() throws Exception {
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void unguardedPut(String text) throws Exception {
        HttpRequest put = HttpRequest.newBuilder(uri)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(text.getBytes(UTF_8)))
                .build();
        client.send(put, HttpResponse.BodyHandlers.discarding());
    }
}

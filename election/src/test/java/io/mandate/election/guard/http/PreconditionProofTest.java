package io.mandate.election.guard.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.guard.http.ConditionalObjectServer.Tags;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PreconditionProofTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private ConditionalObjectServer server;
    private URI probe;

    @BeforeEach
    void start() throws Exception {
        server = new ConditionalObjectServer();
        probe = server.uri("bucket/probe");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void verify(ETags etags) throws InterruptedException {
        ObjectGuard.on(client).etags(etags).build().verifyPreconditions(probe);
    }

    private void isRefusedFor(ETags etags, String reason) {
        assertThatThrownBy(() -> verify(etags))
                .isInstanceOf(UnsafeServerException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource({"MD5,OF_CONTENT", "SHA256,OF_CONTENT", "COUNTER,OF_CONTENT", "COUNTER,OF_WRITE"})
    void aServerThatHonoursConditionsIsAcceptedEachTime(Tags tags, ETags etags) throws Exception {
        server.tags = tags;
        verify(etags);
        int puts = server.puts.get();
        verify(etags);
        assertThat(server.puts.get()).isGreaterThan(puts);
    }

    @Test
    void aServerThatIgnoresIfMatchIsRefused() {
        server.ignoresIfMatch = true;
        isRefusedFor(ETags.OF_CONTENT, "If-Match with an ETag that it never gave");
    }

    @Test
    void aServerThatIgnoresIfNoneMatchIsRefused() {
        server.ignoresIfNoneMatch = true;
        isRefusedFor(ETags.OF_CONTENT, "If-None-Match");
    }

    @Test
    void aServerThatForgetsMetadataIsRefused() {
        server.forgetsMetadata = true;
        isRefusedFor(ETags.OF_CONTENT, "metadata");
    }

    @Test
    void aServerThatComparesBeforeItWritesIsRefused() {
        // Five come one after the other, each with another condition; then they race.
        server.comparesBeforeItWritesFrom = 6;
        isRefusedFor(ETags.OF_CONTENT, "in two steps");
    }

    @Test
    void aServerWhoseETagsAreOfContentIsRefusedWhereEachWriteShouldHaveItsOwn() {
        server.tags = Tags.SHA256;
        isRefusedFor(ETags.OF_WRITE, "same ETag after two writes");
    }

    @ParameterizedTest
    @EnumSource(
            value = Tags.class,
            names = {"WEAK", "UNQUOTED", "NONE"})
    void aServerWithoutStrongETagsIsRefused(Tags tags) {
        server.tags = tags;
        isRefusedFor(ETags.OF_CONTENT, "ETag");
    }

    @Test
    void anObjectThatIsNoProbeIsLeftAlone() {
        server.plant("bucket/probe", "accounts", Map.of());

        assertThatThrownBy(() -> verify(ETags.OF_CONTENT)).isInstanceOf(IllegalArgumentException.class);
        assertThat(server.puts).hasValue(0);
    }

    @Test
    void aServerThatCannotBeReachedIsNotJudged() {
        server.close();

        assertThatThrownBy(() -> verify(ETags.OF_CONTENT)).isInstanceOf(ObjectGuardException.class);
    }

    @Test
    void severalProcessesMayProveAtOnceOnOneProbe() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> provers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                provers.add(threads.submit(() -> {
                    verify(ETags.OF_CONTENT);
                    return null;
                }));
            }
            for (Future<?> prover : provers) {
                prover.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}

package io.mandate.election.guard.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.TermAccess;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectGuardTest {
    private static final Content A = Content.utf8("a");
    private static final Content B = Content.utf8("b").as("application/json");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Term term = FixedTerm.of(5);
    private ConditionalObjectServer server;
    private ObjectGuard guard;
    private URI uri;

    @BeforeEach
    void start() throws Exception {
        server = new ConditionalObjectServer();
        guard = ObjectGuard.on(client).build();
        uri = server.uri("bucket/ledger");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aGuardKeepsItsSettingsWhenItsBuilderDescribesAnother() throws Exception {
        ObjectGuardBuilder builder = ObjectGuard.on(client).contentBytesMax(2);
        ObjectGuard small = builder.build();
        ObjectGuard large =
                builder.contentBytesMax(100).metadataPrefix("x-other-").build();
        Content longer = Content.utf8("abc");

        assertThatIllegalArgumentException().isThrownBy(() -> small.write(term, uri, Expected.absent(), longer));
        large.write(term, server.uri("bucket/large"), Expected.absent(), longer);
        small.write(term, uri, Expected.absent(), A);
        assertThat(guard.read(uri).orElseThrow().token()).isEqualTo(5);
    }

    static Content plusOne(Optional<StoredObject> seen) {
        return Content.utf8(""
                + (1
                        + seen.map(object -> Integer.parseInt(object.content().utf8()))
                                .orElse(0)));
    }

    @Test
    void whatWasWrittenIsReadWithItsTypeAndToken() throws Exception {
        assertThat(guard.read(uri)).isEmpty();

        ObjectWrite written = guard.write(term, uri, Expected.absent(), B);

        StoredObject read = guard.read(uri).orElseThrow();
        assertThat(read.content()).isEqualTo(B);
        assertThat(read.token()).isEqualTo(5);
        assertThat(written).isEqualTo(new ObjectWrite.Written(B, read.etag()));
    }

    @Test
    void aWriteUponAnotherVersionThanExpectedChangesNothing() throws Exception {
        guard.write(term, uri, Expected.absent(), A);
        StoredObject first = guard.read(uri).orElseThrow();
        guard.write(term, uri, Expected.etag(first.etag()), B);
        StoredObject second = guard.read(uri).orElseThrow();

        assertThat(guard.write(term, uri, Expected.etag(first.etag()), A)).isEqualTo(new ObjectWrite.Changed(second));
        assertThat(guard.write(term, uri, Expected.absent(), A)).isEqualTo(new ObjectWrite.Changed(second));
        assertThat(guard.write(term, server.uri("none"), Expected.etag(first.etag()), A))
                .isEqualTo(new ObjectWrite.Changed(null));
        assertThat(guard.read(uri)).contains(second);
    }

    @Test
    void aSmallerTokenIsRefusedAfterALargerOneWhateverItExpects() throws Exception {
        guard.write(FixedTerm.of(6), uri, Expected.absent(), A);
        String etag = guard.read(uri).orElseThrow().etag();

        assertThatThrownBy(() -> guard.write(term, uri, Expected.etag(etag), B))
                .isInstanceOf(StaleTokenException.class)
                .hasMessageContaining("token 5")
                .hasMessageContaining(uri.toString());
        assertThat(term.ended()).isCompletedWithValue(TermEnd.SUPERSEDED);
        assertThat(guard.read(uri).orElseThrow().content()).isEqualTo(A);
    }

    @Test
    void aTermThatIsOverSendsNothing() {
        TermAccess.superseded(term);

        assertThatThrownBy(() -> guard.write(term, uri, Expected.absent(), A)).isInstanceOf(TermEndedException.class);
        assertThat(server.puts).hasValue(0);
    }

    @Test
    void aTermThatEndsWhileTheNewContentIsMadeSendsNothing() {
        assertThatThrownBy(() -> guard.update(term, uri, seen -> {
                    TermAccess.superseded(term);
                    return A;
                }))
                .isInstanceOf(TermEndedException.class);
        assertThat(server.puts).hasValue(0);
    }

    @Test
    void anObjectThatNoGuardWroteIsTakenOverByAnyToken() throws Exception {
        server.plant("bucket/ledger", "41", Map.of());

        guard.update(term, uri, ObjectGuardTest::plusOne);

        assertThat(guard.read(uri).orElseThrow().content().utf8()).isEqualTo("42");
        assertThat(server.header("bucket/ledger", "x-amz-meta-mandate-token")).isEqualTo("5");
    }

    @Test
    void whatIsStoredIsPlainGzipWhereETagsAreOfContent() throws Exception {
        guard.write(term, uri, Expected.absent(), A);

        assertThat(server.header("bucket/ledger", "Content-Encoding")).isEqualTo("gzip");
        byte[] unpacked = new GZIPInputStream(new ByteArrayInputStream(server.bytes("bucket/ledger"))).readAllBytes();
        assertThat(unpacked).isEqualTo("a".getBytes(UTF_8));
    }

    @Test
    void whatIsStoredIsTheContentWhereEachWriteHasItsETag() throws Exception {
        server.tags = ConditionalObjectServer.Tags.COUNTER;
        ObjectGuard plain = ObjectGuard.on(client)
                .etags(ETags.OF_WRITE)
                .metadataPrefix("X-Mandate-")
                .build();

        plain.write(term, uri, Expected.absent(), A);

        assertThat(server.bytes("bucket/ledger")).isEqualTo("a".getBytes(UTF_8));
        assertThat(server.header("bucket/ledger", "X-Mandate-Token")).isEqualTo("5");
    }

    @Test
    void anETagThatIsAHashOfTheContentIsRefusedWhereEachWriteShouldHaveItsOwn() {
        server.plant("bucket/ledger", "a", Map.of());
        ObjectGuard plain = ObjectGuard.on(client).etags(ETags.OF_WRITE).build();

        assertThatThrownBy(() -> plain.update(term, uri, seen -> B))
                .isInstanceOf(UnsafeServerException.class)
                .hasMessageContaining("ETags.OF_CONTENT");
        assertThat(server.puts).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource(
            value = ConditionalObjectServer.Tags.class,
            names = {"WEAK", "UNQUOTED", "NONE"})
    void anObjectWithoutAStrongETagIsRefused(ConditionalObjectServer.Tags tags) {
        server.tags = tags;
        server.plant("bucket/ledger", "a", Map.of());

        assertThatThrownBy(() -> guard.update(term, uri, seen -> B))
                .isInstanceOf(UnsafeServerException.class)
                .hasMessageContaining("ETag");
        assertThat(server.puts).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"W/\"1\"", "*", "1", "\"1\", \"2\"", ""})
    void whatIsNoStrongETagCannotBeExpected(String etag) {
        assertThatIllegalArgumentException().isThrownBy(() -> Expected.etag(etag));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "x", "9223372036854775808", ""})
    void aTokenThatIsNoneIsRefusedRatherThanTakenForZero(String token) {
        server.plant("bucket/ledger", "a", Map.of("x-amz-meta-mandate-token", token));

        assertThatThrownBy(() -> guard.update(term, uri, seen -> B))
                .isInstanceOf(ObjectGuardException.class)
                .hasMessageContaining("x-amz-meta-mandate-token");
    }

    @Test
    void contentBeyondTheBoundIsNeitherWrittenNorRead() throws Exception {
        ObjectGuard small = ObjectGuard.on(client).contentBytesMax(10).build();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> small.write(term, uri, Expected.absent(), Content.of(new byte[11])))
                .withMessageContaining("11 bytes")
                .withMessageContaining("contentBytesMax");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> small.update(term, uri, seen -> Content.of(new byte[11])));
        assertThat(server.puts).hasValue(0);

        small.write(term, uri, Expected.absent(), Content.of(new byte[10]));
        assertThat(small.read(uri).orElseThrow().content().size()).isEqualTo(10);
        // A million zeros are a thousand bytes of gzip.
        guard.update(term, uri, seen -> Content.of(new byte[1_000_000]));
        assertThatThrownBy(() -> small.read(uri)).hasMessageContaining("contentBytesMax");
        server.plant("bucket/large", "x".repeat(1_000_000), Map.of());
        assertThatThrownBy(() -> small.read(server.uri("bucket/large"))).hasMessageContaining("contentBytesMax");
    }

    @Test
    void settingsOutOfBoundsAreRefusedWithTheBound() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ObjectGuard.on(client).contentBytesMax(0).build())
                .withMessageContaining("268435456");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ObjectGuard.on(client).metadataPrefix("a b").build())
                .withMessageContaining("a b");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        ObjectGuard.on(client).requestTimeout(Duration.ZERO).build())
                .withMessageContaining("request timeout");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ObjectGuard.on(client)
                        .operationTimeout(Duration.ofDays(1))
                        .build())
                .withMessageContaining("operation timeout");
    }

    @Test
    void everyRequestIsSignedAlsoOneThatIsRepeated() throws Exception {
        ObjectGuard signing = ObjectGuard.on(client)
                .signer((request, body) -> request.setHeader(
                        "Authorization",
                        request.copy().build().method() + (body.hasRemaining() && body.isReadOnly() ? " body" : "")))
                .build();
        server.faults.add(ConditionalObjectServer.DROP);

        signing.write(term, uri, Expected.absent(), A);

        assertThat(server.authorizations).containsExactlyInAnyOrderEntriesOf(Map.of("GET", 1, "PUT body", 2));
    }

    @Test
    void aRefusalOfTheServerNamesStatusAndObjectButNotTheQuery() {
        server.getStatus = 403;

        assertThatThrownBy(() -> guard.read(URI.create(uri + "?X-Amz-Signature=secret")))
                .isInstanceOf(ObjectGuardException.class)
                .hasMessageContaining("403")
                .hasMessageContaining(uri.toString())
                .hasMessageNotContaining("secret");
    }

    @Test
    void anAnswerThatStopsInItsMiddleIsGivenUpAfterTheTimeout() {
        server.plant("bucket/ledger", "ab", Map.of());
        server.stallsBodies = new CountDownLatch(1);
        ObjectGuard hasty = ObjectGuard.on(client)
                .requestTimeout(Duration.ofMillis(50))
                .operationTimeout(Duration.ofMillis(200))
                .build();

        assertThatThrownBy(() -> hasty.read(uri)).isInstanceOf(ObjectGuardException.class);
    }

    @Test
    void theSameWithoutWaiting() throws Exception {
        ObjectWrite.Written one =
                guard.updateAsync(term, uri, ObjectGuardTest::plusOne).get(10, TimeUnit.SECONDS);
        guard.writeAsync(term, uri, Expected.etag(one.etag().orElseThrow()), B).get(10, TimeUnit.SECONDS);

        assertThat(guard.readAsync(uri).get(10, TimeUnit.SECONDS).orElseThrow().content())
                .isEqualTo(B);
        assertThatThrownBy(
                        () -> guard.updateAsync(FixedTerm.of(4), uri, seen -> A).get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(StaleTokenException.class);
    }
}

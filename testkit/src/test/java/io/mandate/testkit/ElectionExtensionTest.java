package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.TermEnd;
import io.mandate.election.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ElectionExtension.class)
class ElectionExtensionTest {
    private static final Duration TTL = Duration.ofMillis(500);
    private static final List<MandateStore> HANDED_OUT = new ArrayList<>();

    private static Election join(PausableStore store, String candidate) {
        return Election.on(store).name("billing").candidate(candidate).ttl(TTL).join();
    }

    private static <A> A get(CompletableFuture<A> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aPausedLeaderIsReplacedWhileItsWorkGoesOn(MandateStore store) throws Exception {
        HANDED_OUT.add(store);
        PausableStore first = store.connect();
        try (Election one = join(first, "one");
                Election two = join(store.connect(), "two")) {
            Leadership old = get(one.lead());
            first.pause();
            Leadership next = get(two.lead());

            assertThat(next.term().token()).isGreaterThan(old.term().token());
            assertThat(get(old.term().ended())).isNotEqualTo(TermEnd.RESIGNED);
            assertThat(next.term().remaining()).isPositive();
            next.close();
            first.resume();
            old.close();
        }
    }

    @Test
    void aConnectionCanBeAskedForDirectly(PausableStore connection, MandateStore store) throws Exception {
        HANDED_OUT.add(store);
        get(connection.compareAndSet("k", 0, "v", 0).toCompletableFuture());

        assertThat(get(store.operator().read("k").toCompletableFuture())).isPresent();
    }

    @Test
    void whatIsAskedForInAPauseTakesEffectAfterIt(MandateStore store) throws Exception {
        HANDED_OUT.add(store);
        PausableStore connection = store.connect();
        connection.pause();
        CompletableFuture<?> written = connection.compareAndSet("k", 0, "v", 0).toCompletableFuture();
        assertThat(get(store.operator().read("k").toCompletableFuture())).isEqualTo(Optional.empty());
        assertThat(written).isNotDone();

        connection.resume();

        get(written);
        assertThat(get(store.operator().read("k").toCompletableFuture())).isPresent();
    }

    @Test
    void closingAPausedConnectionEndsWhatIsUnderWay(MandateStore store) throws Exception {
        HANDED_OUT.add(store);
        PausableStore connection = store.connect();
        connection.pause();
        CompletableFuture<?> read = connection.read("k").toCompletableFuture();
        connection.close();

        assertThat(read)
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(StoreException.class);
    }

    @AfterAll
    static void eachTestHadItsOwnStoreWhichIsClosedNow() {
        assertThat(HANDED_OUT).hasSize(4).doesNotHaveDuplicates();
        assertThat(HANDED_OUT)
                .allSatisfy(store -> assertThat(store.operator().read("k").toCompletableFuture())
                        .isCompletedExceptionally());
    }
}

package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mandate.testkit.time.VirtualScheduler;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A store that throws where it should answer with a failure ends neither a member's share nor a router. */
class RefusingStoreTest {
    private final VirtualWorkload orders = new VirtualWorkload();

    @AfterEach
    void close() {
        orders.refuses = false;
        orders.close();
    }

    @Test
    void aMemberGoesOnWhenItsRequestsAreTakenAgain() {
        orders.join("a");
        orders.awaitOwned("a", VirtualWorkload.PARTITIONS);
        orders.refuses = true;
        orders.time.runFor(Duration.ofMinutes(2));
        assertThat(orders.owned("a")).isZero();
        orders.refuses = false;
        orders.awaitOwned("a", VirtualWorkload.PARTITIONS);
    }

    @Test
    void aRouterGoesOnWhenItsRequestsAreTakenAgainAndSaysOnceThatTheyAreNot() {
        Logger logger = (Logger) LoggerFactory.getLogger(PartitionRouter.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(log);
        orders.join("a");
        orders.awaitOwned("a", VirtualWorkload.PARTITIONS);
        orders.refuses = true;
        VirtualScheduler process = new VirtualScheduler(orders.time, "router");
        try (PartitionRouter router = Partitions.of(
                        orders.counted(orders.store.client(process)), "orders", VirtualWorkload.PARTITIONS)
                .scheduler(process, 1)
                .router()) {
            orders.time.runFor(Duration.ofMinutes(1));
            orders.refuses = false;
            orders.await(
                    "routed",
                    () -> IntStream.range(0, VirtualWorkload.PARTITIONS)
                            .allMatch(partition -> router.owner(partition).isPresent()));
        } finally {
            logger.detachAppender(log);
            logger.setLevel(null);
        }
        assertThat(log.list.stream().map(ILoggingEvent::getFormattedMessage))
                .filteredOn(line -> line.startsWith("router-"))
                .hasSize(2);
    }
}

package io.mandate.example.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.DistributedLock;
import io.mandate.election.Election;
import io.mandate.election.LeaderSchedule;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.ElectionExtension;
import io.mandate.testkit.MandateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples for users of other libraries are quoted as they are compiled, and work. */
@ExtendWith(ElectionExtension.class)
@Timeout(60)
class ComingFromTest {
    private static final Path GUIDE = Path.of("..", "docs", "guides", "coming-from.md");
    private static final Path EXAMPLES = Path.of("src", "test", "java", "io", "mandate", "example", "migration");

    @ParameterizedTest
    @ValueSource(
            strings = {"FromCurator", "FromShedLock", "FromKubernetesClient", "FromSpringIntegration", "FromJetcd"})
    void theGuideQuotesTheExampleAsItIs(String example) throws IOException {
        String source = Files.readString(EXAMPLES.resolve(example + ".java"));
        int begin = source.indexOf("    /** Was:");
        String method = source.substring(begin, source.lastIndexOf("\n}\n"))
                .stripIndent()
                .strip();
        assertThat(Files.readString(GUIDE)).contains(method);
    }

    @Test
    void aLeaderSelectorsWorkRunsUntilItsThreadIsInterrupted(MandateStore store) throws Exception {
        BlockingQueue<String> steps = new LinkedBlockingQueue<>();
        Thread leader = new Thread(() -> {
            try {
                FromCurator.lead(store.connect(), "host-7", () -> steps.add("step"));
            } catch (InterruptedException end) {
                steps.add("interrupted");
            }
        });
        leader.start();
        assertThat(steps.poll(30, TimeUnit.SECONDS)).isEqualTo("step");
        leader.interrupt();
        leader.join();
        assertThat(steps).contains("interrupted");
    }

    @Test
    void aScheduleIsStartedAndClosed(MandateStore store) {
        try (Election election = Election.on(store.connect()).name("schedules").join();
                LeaderSchedule nightly = FromShedLock.nightly(election, (term, slot) -> {})) {
            assertThat(nightly.name()).isEqualTo("nightly");
        }
    }

    @Test
    void aControllersCallbacksAreCalled(MandateStore store) throws Exception {
        BlockingQueue<String> calls = new LinkedBlockingQueue<>();
        LeaseStore connection = store.connect();
        try (Election candidate = FromKubernetesClient.candidate(
                connection, "pod-1", () -> calls.add("start"), () -> calls.add("stop"))) {
            candidate.lead().get().close();
        }
        assertThat(calls.poll(30, TimeUnit.SECONDS)).isEqualTo("start");
        assertThat(calls.poll(30, TimeUnit.SECONDS)).isEqualTo("stop");
    }

    @Test
    void aLockIsHeldDuringTheSection(MandateStore store) throws Exception {
        try (DistributedLock lock =
                Election.on(store.connect()).name("invoice-7").lock()) {
            assertThat(FromSpringIntegration.withLock(lock, token -> {
                        assertThat(token).isPositive();
                        try {
                            assertThat(lock.tryAcquire()).isEmpty();
                        } catch (InterruptedException unexpected) {
                            throw new AssertionError(unexpected);
                        }
                    }))
                    .isTrue();
        }
    }

    @Test
    void aCampaignGetsAToken(MandateStore store) throws Exception {
        assertThat(FromJetcd.campaign(store.connect(), "host-7").get(30, TimeUnit.SECONDS))
                .isPositive();
    }
}

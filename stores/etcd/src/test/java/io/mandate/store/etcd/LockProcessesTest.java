package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.DistributedLock;
import io.mandate.election.Election;
import io.mandate.election.LockHandle;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two JVMs and one lock. */
@Tag("integration")
@Timeout(120)
class LockProcessesTest {
    @Test
    void aLockIsHadByOneOfTwoProcessesAndByTheOtherWhenItUnlocks() throws Exception {
        try (EmbeddedNode node = new EmbeddedNode();
                EtcdStore store = node.inProcess();
                DistributedLock lock = Election.on(store)
                        .name("door")
                        .ttl(Duration.ofSeconds(2))
                        .lock()) {
            Process process = holder(node, "door");
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                long token = Long.parseLong(said(output));
                assertThat(lock.tryAcquire()).isEmpty();
                CompletableFuture<LockHandle> waiting = lock.acquireAsync();
                assertThat(waiting).isNotDone();
                process.getOutputStream().write('\n');
                process.getOutputStream().flush();
                assertThat(said(output)).isEqualTo("unlocked");
                try (LockHandle held = waiting.get(60, TimeUnit.SECONDS)) {
                    assertThat(held.term().token()).isGreaterThan(token);
                }
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
    }

    /** What the other process says next, among what it logs. */
    private static String said(BufferedReader output) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("holder: ")) {
                return line.substring("holder: ".length());
            }
        }
        throw new EOFException("the other process has ended");
    }

    private static Process holder(EmbeddedNode node, String lock) throws Exception {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockHolder.class.getName(),
                        node.address(),
                        lock)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}

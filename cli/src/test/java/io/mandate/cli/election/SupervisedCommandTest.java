package io.mandate.cli.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.TermEnd;
import io.mandate.election.TermRecord;
import io.mandate.election.store.LeaseStore;
import io.mandate.server.FreePorts;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import io.mandate.store.etcd.EtcdStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
@Timeout(120)
class SupervisedCommandTest {
    @TempDir
    private Path directory;

    private static URI freeAddress() throws Exception {
        return URI.create("http://127.0.0.1:" + FreePorts.one());
    }

    /** The same store, which does not answer renewals while it is told so. */
    private static LeaseStore withoutRenewals(LeaseStore store, AtomicBoolean silent) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            if (silent.get() && method.getName().equals("renew")) {
                return new CompletableFuture<>();
            }
            try {
                return method.invoke(store, arguments);
            } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
            }
        };
        return (LeaseStore)
                Proxy.newProxyInstance(LeaseStore.class.getClassLoader(), new Class<?>[] {LeaseStore.class}, handler);
    }

    @Test
    void theHistorySaysThatTheStoreWasLostWhenTheCommandWasStoppedInTime() throws Exception {
        URI address = freeAddress();
        AtomicBoolean silent = new AtomicBoolean();
        try (Node node = Node.start(NodeOptions.builder("only", directory.resolve("node"))
                        .listenClientUrls(List.of(address))
                        .listenPeerUrl(freeAddress())
                        .electionTimeoutMillis(1000)
                        .build());
                EtcdStore store = EtcdStore.connect(address.toString())) {
            node.ready().get(30, TimeUnit.SECONDS);
            Duration ttl = Duration.ofSeconds(2);
            try (Election election = Election.on(withoutRenewals(store, silent))
                    .name("nightly")
                    .ttl(ttl)
                    .join()) {
                try (Leadership leadership = election.lead().get(30, TimeUnit.SECONDS)) {
                    silent.set(true);
                    SupervisedCommand command =
                            new SupervisedCommand(List.of("sleep", "1000"), ttl, Duration.ofSeconds(10));
                    SupervisedCommand.Result result = command.run(leadership.term(), leadership::release, Map.of());
                    assertThat(result.end()).isEqualTo(SupervisedCommand.End.TERM_OVER);
                    silent.set(false);
                }
                Optional<TermEnd> recorded = Optional.empty();
                while (recorded.isEmpty()) {
                    recorded = election.history().get(30, TimeUnit.SECONDS).stream()
                            .findFirst()
                            .flatMap(TermRecord::why);
                }
                assertThat(recorded).contains(TermEnd.STORE_UNREACHABLE);
            }
        }
    }
}

package io.mandate.cli.client;

import io.mandate.cli.Bounds;
import io.mandate.cli.DurationConverter;
import io.mandate.cli.EndpointOptions;
import io.mandate.store.etcd.EtcdOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that every command talking to a store has. */
final class StoreOptions {
    /** Longer is surely a slip of the pen. */
    private static final Duration TIMEOUT_MAX = Duration.ofHours(24);

    @Mixin
    private EndpointOptions endpoints;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "5s",
            description = "How long one request may take, with all endpoints it tries (default: ${DEFAULT-VALUE}).")
    Duration timeout;

    @Option(
            names = "--group",
            paramLabel = "N",
            description = "Raft group of a store with several (default: 0; status: all).")
    @Nullable
    Integer group;

    @Option(names = "--json", description = "Print JSON, one object a line.")
    boolean json;

    StoreClient connect() {
        Bounds.positive("--timeout", timeout, TIMEOUT_MAX);
        int number = group == null ? 0 : group;
        Bounds.within("--group", number, 0, EtcdOptions.GROUP_MAX);
        return new StoreClient(endpoints.endpoints(), timeout, number);
    }
}

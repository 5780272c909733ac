package io.mandate.cli.client;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.SettingException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command talking to a store has. */
final class StoreOptions {
    /** Longer is surely a slip of the pen, and nanoseconds in a long end at 292 years. */
    private static final Duration TIMEOUT_MAX = Duration.ofHours(24);

    @Option(
            names = "--endpoints",
            split = ",",
            paramLabel = "HOST:PORT",
            defaultValue = "${env:MANDATE_ENDPOINTS:-127.0.0.1:2379}",
            description = "Nodes to try, in turn (default: $MANDATE_ENDPOINTS or ${DEFAULT-VALUE}).")
    List<String> endpoints;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "5s",
            description = "How long one request may take (default: ${DEFAULT-VALUE}).")
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
        if (timeout.isZero() || timeout.compareTo(TIMEOUT_MAX) > 0) {
            throw new SettingException("--timeout " + timeout.toMillis() + " ms must be above 0 and at most "
                    + TIMEOUT_MAX.toHours() + " hours");
        }
        return new StoreClient(endpoints, timeout, group == null ? 0 : group);
    }
}

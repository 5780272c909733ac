package io.mandate.cli.client;

import io.mandate.cli.DurationConverter;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** Options that every command talking to a store has. */
final class StoreOptions {
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

    @Option(names = "--json", description = "Print JSON, one object a line.")
    boolean json;

    StoreClient connect() {
        return new StoreClient(endpoints, timeout);
    }
}

package io.mandate.cli.election;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.SettingException;
import io.mandate.election.store.StoreException;
import io.mandate.store.etcd.EtcdOptions;
import io.mandate.store.etcd.EtcdStore;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where elections are held. */
final class ElectionStoreOptions {
    private static final String LOCAL = "http://127.0.0.1:2379";

    @Option(
            names = {"--store", "--endpoints"},
            paramLabel = "URL[,URL]",
            description = "Members of a Mandate or an etcd (default: $$MANDATE_ENDPOINTS, or the local node at " + LOCAL
                    + ").")
    @Nullable
    String store;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "2s",
            description = "How long one request to the store may take (${DEFAULT-VALUE}).")
    Duration timeout;

    @Option(
            names = "--group",
            paramLabel = "N",
            description =
                    "Raft group of a store with several (default: the one that follows from the election's name).")
    @Nullable
    Integer group;

    /** Connects to where an election of this name is held. */
    OpenStore open(String election) {
        String environment = System.getenv("MANDATE_ENDPOINTS");
        String addresses = store != null ? store : environment != null ? environment : LOCAL;
        EtcdOptions options;
        try {
            EtcdOptions any = EtcdOptions.of(List.of(addresses.split(",", -1))).withRequestTimeout(timeout);
            options = group == null ? any : any.withGroup(group);
        } catch (IllegalArgumentException refused) {
            throw new SettingException(String.valueOf(refused.getMessage()));
        }
        try {
            EtcdStore connected = group == null ? EtcdStore.connectFor(election, options) : EtcdStore.connect(options);
            return new OpenStore(connected, addresses);
        } catch (StoreException unreachable) {
            throw store == null && environment == null
                    ? new StoreException(
                            "no store answers at " + LOCAL + ": 'mandate dev' starts one there, --store names another",
                            unreachable)
                    : unreachable;
        }
    }
}

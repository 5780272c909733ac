package io.mandate.cli.election;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.EndpointOptions;
import io.mandate.cli.SettingException;
import io.mandate.election.internal.queue.Names;
import io.mandate.election.store.StoreException;
import io.mandate.store.etcd.Endpoint;
import io.mandate.store.etcd.EtcdOptions;
import io.mandate.store.etcd.EtcdStore;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where elections are held. */
final class ElectionStoreOptions {
    @Mixin
    private EndpointOptions endpoints;

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

    /** Connects to where an election of this name is held; what cannot be the name of one is refused before. */
    OpenStore open(String election) {
        List<String> urls =
                endpoints.endpoints().stream().map(Endpoint::toString).toList();
        EtcdOptions options;
        try {
            Names.requireElection(election);
            EtcdOptions any = EtcdOptions.of(urls).withRequestTimeout(timeout);
            options = group == null ? any : any.withGroup(group);
        } catch (IllegalArgumentException refused) {
            throw new SettingException(String.valueOf(refused.getMessage()));
        }
        EtcdStore connected;
        try {
            connected = group == null ? EtcdStore.connectFor(election, options) : EtcdStore.connect(options);
        } catch (StoreException unreachable) {
            throw endpoints.areDefault()
                    ? new StoreException(
                            unreachable.getMessage() + " 'mandate dev' starts one there, --endpoints names another",
                            unreachable)
                    : unreachable;
        }
        return new OpenStore(connected, String.join(",", urls));
    }
}

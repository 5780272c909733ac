package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.mandate.cli.DurationConverter;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrantResponse;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.etcdapi.LeaseLeasesRequest;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.LeaseTimeToLiveRequest;
import io.mandate.etcdapi.LeaseTimeToLiveResponse;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate lease}. */
@Command(
        name = "lease",
        description = "Leases: times to live that keys can hang on.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class LeaseCommand implements Runnable {
    private static final Metadata.Key<String> TTL_MILLIS =
            Metadata.Key.of("mandate-lease-ttl-millis", Metadata.ASCII_STRING_MARSHALLER);

    /** A stream of renewals that ends after the first one. */
    private static final MethodDescriptor<LeaseKeepAliveRequest, LeaseKeepAliveResponse> RENEWAL =
            LeaseGrpc.getLeaseKeepAliveMethod().toBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .build();

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Name a command: mandate lease grant | keep-alive | ttl | revoke | list");
    }

    /** Has a lease live for so many milliseconds: Mandate's extension, which etcd ignores. */
    private static Metadata ttlMillis(long ttlMillis) {
        Metadata metadata = new Metadata();
        metadata.put(TTL_MILLIS, Long.toString(ttlMillis));
        return metadata;
    }

    private static void print(PrintWriter out, boolean json, long leaseId, String rest, long ttlMillis) {
        if (json) {
            JsonObject object = new JsonObject();
            object.addProperty("lease", Long.toHexString(leaseId));
            object.addProperty("ttlMillis", ttlMillis);
            Printer.json(out, object);
        } else {
            out.println("lease " + Long.toHexString(leaseId) + " " + rest);
            out.flush();
        }
    }

    @Command(name = "grant", description = "Create a lease.", mixinStandardHelpOptions = true)
    int grant(
            @Mixin StoreOptions store,
            @Parameters(
                            paramLabel = "TTL",
                            converter = DurationConverter.class,
                            description = "Time to live, from 100ms up; whole seconds work on etcd too.")
                    Duration ttl) {
        try (StoreClient client = store.connect()) {
            LeaseGrantResponse answer = client.write(
                    LeaseGrpc.getLeaseGrantMethod(),
                    LeaseGrantRequest.newBuilder()
                            .setTTL((ttl.toMillis() + 999) / 1000)
                            .build(),
                    ttlMillis(ttl.toMillis()));
            print(
                    spec.commandLine().getOut(),
                    store.json,
                    answer.getID(),
                    "granted for " + ttl.toMillis() + " ms",
                    ttl.toMillis());
            return ExitCode.OK;
        }
    }

    @Command(
            name = "keep-alive",
            description = "Renew a lease, again and again until interrupted.",
            mixinStandardHelpOptions = true)
    int keepAlive(
            @Mixin StoreOptions store,
            @Parameters(paramLabel = "ID", converter = LeaseId.class, description = "The lease, in hexadecimal.")
                    long leaseId,
            @Option(names = "--once", description = "Renew once only.") boolean once)
            throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (StoreClient client = store.connect()) {
            while (true) {
                long ttlSeconds = client.read(
                                RENEWAL,
                                LeaseKeepAliveRequest.newBuilder()
                                        .setID(leaseId)
                                        .build())
                        .getTTL();
                if (ttlSeconds <= 0) {
                    print(out, store.json, leaseId, "does not exist or has expired", 0);
                    return ExitCode.NO;
                }
                print(out, store.json, leaseId, "renewed for " + ttlSeconds + " s", ttlSeconds * 1000);
                if (once) {
                    return ExitCode.OK;
                }
                TimeUnit.MILLISECONDS.sleep(Math.max(100, ttlSeconds * 1000 / 3));
            }
        }
    }

    @Command(name = "ttl", description = "Tell how long a lease has, and its keys.", mixinStandardHelpOptions = true)
    int timeToLive(
            @Mixin StoreOptions store,
            @Parameters(paramLabel = "ID", converter = LeaseId.class, description = "The lease, in hexadecimal.")
                    long leaseId) {
        try (StoreClient client = store.connect()) {
            LeaseTimeToLiveResponse answer = client.read(
                    LeaseGrpc.getLeaseTimeToLiveMethod(),
                    LeaseTimeToLiveRequest.newBuilder()
                            .setID(leaseId)
                            .setKeys(true)
                            .build());
            List<String> keys = answer.getKeysList().stream().map(Printer::text).toList();
            print(
                    spec.commandLine().getOut(),
                    store.json,
                    leaseId,
                    answer.getTTL() < 0
                            ? "does not exist or has expired"
                            : "has " + answer.getTTL() + " s of " + answer.getGrantedTTL() + " s, keys " + keys,
                    Math.max(0, answer.getTTL()) * 1000);
            return answer.getTTL() < 0 ? ExitCode.NO : ExitCode.OK;
        }
    }

    @Command(name = "revoke", description = "End a lease now, and its keys with it.", mixinStandardHelpOptions = true)
    int revoke(
            @Mixin StoreOptions store,
            @Parameters(paramLabel = "ID", converter = LeaseId.class, description = "The lease, in hexadecimal.")
                    long leaseId) {
        try (StoreClient client = store.connect()) {
            client.write(
                    LeaseGrpc.getLeaseRevokeMethod(),
                    LeaseRevokeRequest.newBuilder().setID(leaseId).build());
            print(spec.commandLine().getOut(), store.json, leaseId, "revoked", 0);
            return ExitCode.OK;
        }
    }

    @Command(name = "list", description = "List all leases.", mixinStandardHelpOptions = true)
    int list(@Mixin StoreOptions store) {
        PrintWriter out = spec.commandLine().getOut();
        try (StoreClient client = store.connect()) {
            List<List<String>> rows = new ArrayList<>();
            client.read(LeaseGrpc.getLeaseLeasesMethod(), LeaseLeasesRequest.getDefaultInstance())
                    .getLeasesList()
                    .forEach(lease -> {
                        if (store.json) {
                            JsonObject object = new JsonObject();
                            object.addProperty("lease", Long.toHexString(lease.getID()));
                            Printer.json(out, object);
                        } else {
                            rows.add(List.of(Long.toHexString(lease.getID())));
                        }
                    });
            if (!store.json) {
                Printer.table(out, List.of("LEASE"), rows);
            }
            return ExitCode.OK;
        }
    }
}

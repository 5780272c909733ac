package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.mandate.cli.DurationConverter;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrantResponse;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Name a command: mandate lease grant | keep-alive | ttl | revoke | list");
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
            LeaseGrantResponse answer = client.leasesWithTtlMillis(ttl.toMillis())
                    .leaseGrant(LeaseGrantRequest.newBuilder()
                            .setTTL((ttl.toMillis() + 999) / 1000)
                            .build());
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
                long ttlSeconds = renew(client, store.timeout, leaseId);
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

    private static long renew(StoreClient client, Duration timeout, long leaseId) throws InterruptedException {
        CompletableFuture<Long> ttlSeconds = new CompletableFuture<>();
        StreamObserver<LeaseKeepAliveRequest> requests = client.leaseStreams().leaseKeepAlive(new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse response) {
                ttlSeconds.complete(response.getTTL());
            }

            @Override
            public void onError(Throwable failure) {
                ttlSeconds.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                ttlSeconds.completeExceptionally(Status.UNAVAILABLE
                        .withDescription("the store ended the stream")
                        .asException());
            }
        });
        requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(leaseId).build());
        try {
            long answer = ttlSeconds.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            requests.onCompleted();
            return answer;
        } catch (TimeoutException late) {
            throw Status.DEADLINE_EXCEEDED
                    .withDescription("no answer to the renewal within " + timeout.toMillis() + " ms")
                    .asRuntimeException();
        } catch (ExecutionException failed) {
            throw Status.fromThrowable(failed).asRuntimeException();
        }
    }

    @Command(name = "ttl", description = "Tell how long a lease has, and its keys.", mixinStandardHelpOptions = true)
    int timeToLive(
            @Mixin StoreOptions store,
            @Parameters(paramLabel = "ID", converter = LeaseId.class, description = "The lease, in hexadecimal.")
                    long leaseId) {
        try (StoreClient client = store.connect()) {
            LeaseTimeToLiveResponse answer = client.leases()
                    .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
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
            client.leases()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(leaseId).build());
            print(spec.commandLine().getOut(), store.json, leaseId, "revoked", 0);
            return ExitCode.OK;
        }
    }

    @Command(name = "list", description = "List all leases.", mixinStandardHelpOptions = true)
    int list(@Mixin StoreOptions store) {
        PrintWriter out = spec.commandLine().getOut();
        try (StoreClient client = store.connect()) {
            List<List<String>> rows = new ArrayList<>();
            client.leases()
                    .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
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

package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code mandate status}. */
@Command(
        name = "status",
        description =
                "Show each endpoint: who leads, term, revision, size, errors. Exit code 3 if one does not answer.",
        mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
    private static final List<String> HEADINGS =
            List.of("ENDPOINT", "MEMBER", "ROLE", "TERM", "REVISION", "APPLIED", "DATA", "ERRORS");

    @Spec
    private CommandSpec spec;

    @Mixin
    private StoreOptions store;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<List<String>> rows = new ArrayList<>();
        boolean allAnswered = true;
        try (StoreClient client = store.connect()) {
            for (Map.Entry<String, ManagedChannel> endpoint : client.channels().entrySet()) {
                try {
                    StatusResponse status = MaintenanceGrpc.newBlockingStub(endpoint.getValue())
                            .withDeadlineAfter(store.timeout.toNanos(), TimeUnit.NANOSECONDS)
                            .status(StatusRequest.getDefaultInstance());
                    if (store.json) {
                        Printer.json(out, json(endpoint.getKey(), status));
                    }
                    rows.add(row(endpoint.getKey(), status));
                } catch (StatusRuntimeException unreachable) {
                    allAnswered = false;
                    String why = unreachable.getStatus().getCode().toString();
                    rows.add(List.of(endpoint.getKey(), "-", "-", "-", "-", "-", "-", why));
                    if (store.json) {
                        JsonObject object = new JsonObject();
                        object.addProperty("endpoint", endpoint.getKey());
                        object.addProperty("error", why);
                        Printer.json(out, object);
                    }
                }
            }
        }
        if (!store.json) {
            Printer.table(out, HEADINGS, rows);
        }
        return allAnswered ? ExitCode.OK : ExitCode.FAILED;
    }

    private static String role(StatusResponse status) {
        if (status.getLeader() == 0) {
            return "no leader";
        }
        return status.getLeader() == status.getHeader().getMemberId() ? "leader" : "follower";
    }

    private static List<String> row(String endpoint, StatusResponse status) {
        return List.of(
                endpoint,
                Long.toHexString(status.getHeader().getMemberId()),
                role(status),
                Long.toString(status.getRaftTerm()),
                Long.toString(status.getHeader().getRevision()),
                Long.toString(status.getRaftAppliedIndex()),
                bytes(status.getDbSize()),
                status.getErrorsCount() == 0 ? "-" : String.join("; ", status.getErrorsList()));
    }

    private static JsonObject json(String endpoint, StatusResponse status) {
        JsonObject object = new JsonObject();
        object.addProperty("endpoint", endpoint);
        object.addProperty("member", Long.toHexString(status.getHeader().getMemberId()));
        object.addProperty("role", role(status));
        object.addProperty("term", status.getRaftTerm());
        object.addProperty("revision", status.getHeader().getRevision());
        object.addProperty("applied", status.getRaftAppliedIndex());
        object.addProperty("dataBytes", status.getDbSize());
        object.addProperty("errors", String.join("; ", status.getErrorsList()));
        return object;
    }

    private static String bytes(long count) {
        if (count < 10_000) {
            return count + " B";
        }
        return count < 10_000_000 ? count / 1000 + " kB" : count / 1_000_000 + " MB";
    }
}

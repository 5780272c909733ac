package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.mandate.cli.ExitCode;
import io.mandate.cli.SettingException;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code mandate status}. */
@Command(
        name = "status",
        description = {
            "Show each endpoint, and of a store with several groups each group: who leads, term, revision, "
                    + "size, errors.",
            "Exit code 3 if one does not answer or has no leader."
        },
        mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
    private static final List<String> HEADINGS =
            List.of("ENDPOINT", "GROUP", "MEMBER", "ROLE", "TERM", "REVISION", "APPLIED", "DATA", "ERRORS");

    private static final Metadata.Key<String> HELLO =
            Metadata.Key.of("mandate-hello", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> GROUPS =
            Metadata.Key.of("mandate-groups", Metadata.ASCII_STRING_MARSHALLER);

    @Spec
    private CommandSpec spec;

    @Mixin
    private StoreOptions store;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<List<String>> rows = new ArrayList<>();
        boolean allAble = true;
        try (StoreClient client = store.connect()) {
            for (Map.Entry<String, ManagedChannel> endpoint : client.channels().entrySet()) {
                allAble &= ask(endpoint.getKey(), endpoint.getValue(), out, rows);
            }
        }
        if (!store.json) {
            // Nobody with one group needs to know that there are groups.
            boolean several = rows.stream().map(row -> row.get(1)).distinct().count() > 1 || store.group != null;
            Printer.table(
                    out,
                    several ? HEADINGS : withoutGroup(HEADINGS),
                    several
                            ? rows
                            : rows.stream().map(StatusCommand::withoutGroup).toList());
        }
        return allAble ? ExitCode.OK : ExitCode.FAILED;
    }

    private static List<String> withoutGroup(List<String> row) {
        List<String> rest = new ArrayList<>(row);
        rest.remove(1);
        return rest;
    }

    /**
     * Asks a member how it is, in one group or in all it has; false if it does not answer, or can do nothing for want
     * of a leader.
     */
    private boolean ask(String endpoint, ManagedChannel channel, PrintWriter out, List<List<String>> rows) {
        int group = store.group == null ? 0 : store.group;
        boolean able = true;
        try {
            int groups;
            do {
                AtomicReference<Metadata> answered = new AtomicReference<>(new Metadata());
                StatusResponse status = MaintenanceGrpc.newBlockingStub(channel)
                        .withInterceptors(
                                StoreClient.toGroup(store.group == null ? group : 0), // the channel names a given one
                                MetadataUtils.newAttachHeadersInterceptor(hello()),
                                MetadataUtils.newCaptureMetadataInterceptor(answered, new AtomicReference<>()))
                        .withDeadlineAfter(store.timeout.toNanos(), TimeUnit.NANOSECONDS)
                        .status(StatusRequest.getDefaultInstance());
                groups = groups(answered.get());
                if (store.json) {
                    Printer.json(out, json(endpoint, group, groups, status));
                }
                rows.add(row(endpoint, group, status));
                able &= status.getLeader() != 0;
                group++;
            } while (store.group == null && group < groups);
            return able;
        } catch (StatusRuntimeException failed) {
            if (failed.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                throw new SettingException("--group: " + failed.getStatus().getDescription());
            }
            String why = failed.getStatus().getCode().toString();
            rows.add(List.of(endpoint, Integer.toString(group), "-", "-", "-", "-", "-", "-", why));
            if (store.json) {
                JsonObject object = new JsonObject();
                object.addProperty("endpoint", endpoint);
                object.addProperty("error", why);
                Printer.json(out, object);
            }
            return false;
        }
    }

    private static Metadata hello() {
        Metadata metadata = new Metadata();
        metadata.put(HELLO, "status");
        return metadata;
    }

    private static int groups(@Nullable Metadata answered) {
        String groups = answered == null ? null : answered.get(GROUPS);
        return groups == null ? 1 : Integer.parseInt(groups); // an etcd has one, and does not say so
    }

    private static String role(StatusResponse status) {
        if (status.getLeader() == 0) {
            return "no leader";
        }
        return status.getLeader() == status.getHeader().getMemberId() ? "leader" : "follower";
    }

    private static List<String> row(String endpoint, int group, StatusResponse status) {
        return List.of(
                endpoint,
                Integer.toString(group),
                Long.toHexString(status.getHeader().getMemberId()),
                role(status),
                Long.toString(status.getRaftTerm()),
                Long.toString(status.getHeader().getRevision()),
                Long.toString(status.getRaftAppliedIndex()),
                bytes(status.getDbSize()),
                status.getErrorsCount() == 0 ? "-" : String.join("; ", status.getErrorsList()));
    }

    private static JsonObject json(String endpoint, int group, int groups, StatusResponse status) {
        JsonObject object = new JsonObject();
        object.addProperty("endpoint", endpoint);
        if (groups > 1) {
            object.addProperty("group", group);
        }
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

package io.mandate.server.http;

import io.mandate.server.raft.Replica;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * {@code /livez} or {@code /readyz} as in etcd since 3.5.11: a list of checks, all of which must pass except those that
 * {@code ?exclude} names. The response lists the checks if one fails or if {@code ?verbose} is given. Each check also
 * has a page of its own below the path.
 */
final class ChecksPage implements Page {
    private final String type;
    private final Map<String, Supplier<CompletableFuture<String>>> checks;
    private final MeterRegistry registry;

    private ChecksPage(String type, Map<String, Supplier<CompletableFuture<String>>> checks, MeterRegistry registry) {
        this.type = type;
        this.checks = new LinkedHashMap<>(checks);
        this.registry = registry;
    }

    /** Liveness: this node can read its data, those of every group. Unreachable peers are no reason to restart it. */
    static ChecksPage livez(List<? extends Replica> replicas, MeterRegistry registry) {
        return new ChecksPage(
                "livez",
                Map.of("serializable_read", () -> HealthChecks.forAllGroups(replicas, HealthChecks::localRead)),
                registry);
    }

    /** Readiness: the node reaches a majority, and its data are not corrupt. */
    static ChecksPage readyz(List<? extends Replica> replicas, MeterRegistry registry) {
        Map<String, Supplier<CompletableFuture<String>>> checks = new LinkedHashMap<>();
        checks.put("data_corruption", () -> HealthChecks.forAllGroups(replicas, HealthChecks::noCorruption));
        checks.put("serializable_read", () -> HealthChecks.forAllGroups(replicas, HealthChecks::localRead));
        checks.put("linearizable_read", () -> HealthChecks.forAllGroups(replicas, HealthChecks::linearizableRead));
        // Every member votes, so none is a learner; the check exists for probes that name it.
        checks.put("non_learner", () -> CompletableFuture.completedFuture(HealthChecks.OK));
        return new ChecksPage("readyz", checks, registry);
    }

    /** This page and the pages of its checks, by path. */
    Map<String, Page> pages() {
        Map<String, Page> pages = new LinkedHashMap<>();
        pages.put("/" + type, this);
        checks.keySet().forEach(name -> pages.put("/" + type + "/" + name, query -> run(List.of(name), query)));
        return pages;
    }

    @Override
    public CompletableFuture<Response> get(QueryStringDecoder query) {
        List<String> names = new ArrayList<>(checks.keySet());
        names.removeAll(query.parameters().getOrDefault("exclude", List.of()));
        return run(names, query);
    }

    private CompletableFuture<Response> run(List<String> names, QueryStringDecoder query) {
        boolean verbose = query.parameters().containsKey("verbose");
        List<CompletableFuture<String>> results = new ArrayList<>();
        for (Map.Entry<String, Supplier<CompletableFuture<String>>> check : checks.entrySet()) {
            if (names.contains(check.getKey())) {
                results.add(check.getValue().get().thenApply(failure -> line(check.getKey(), failure)));
            }
        }
        return CompletableFuture.allOf(results.toArray(CompletableFuture<?>[]::new))
                .thenApply(all ->
                        response(results.stream().map(CompletableFuture::join).toList(), verbose));
    }

    private String line(String name, String failure) {
        String status = failure.isEmpty() ? "success" : "error";
        registry.counter("etcd.server.healthchecks", Tags.of("type", type, "name", name, "status", status))
                .increment();
        return failure.isEmpty() ? "[+]" + name + " ok\n" : "[-]" + name + " failed: " + failure + "\n";
    }

    private static Response response(List<String> lines, boolean verbose) {
        String report = String.join("", lines);
        if (lines.stream().anyMatch(line -> line.startsWith("[-]"))) {
            return Response.text(503, report);
        }
        return Response.text(200, (verbose ? report : "") + "ok\n");
    }
}

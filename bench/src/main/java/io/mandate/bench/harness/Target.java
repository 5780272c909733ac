package io.mandate.bench.harness;

import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One running cluster of one product, and what its measurements need. */
public record Target(Product product, ProcessCluster cluster, Settings settings, Results results) {

    public ClusterNode leader() {
        return cluster.node(cluster.awaitLeader());
    }

    public List<ClusterNode> followers() {
        List<ClusterNode> followers = new ArrayList<>(cluster.nodes());
        followers.remove(leader());
        return followers;
    }

    public CpuMeter cpu() {
        return new CpuMeter(cluster);
    }

    /** Those of the loops: as many connections as nodes, wherever they lead. */
    public Connections connectLoops() {
        return connect(
                settings.leaderOnly() ? Collections.nCopies(cluster.size(), leader().endpoint()) : cluster.endpoints());
    }

    public Connections connect(List<String> endpoints) {
        return new Connections(endpoints, settings.clientThreads());
    }

    public void add(Metric metric, double value) {
        results.add(product, metric, value);
    }

    public void addVoid(Metric metric, String reason) {
        results.addVoid(product, metric, reason);
    }
}

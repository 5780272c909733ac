package io.mandate.bench;

import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One running cluster of one product, and what its measurements need. */
record Target(Product product, ProcessCluster cluster, Settings settings, Results results) {

    ClusterNode leader() {
        return cluster.node(cluster.awaitLeader());
    }

    List<ClusterNode> followers() {
        List<ClusterNode> followers = new ArrayList<>(cluster.nodes());
        followers.remove(leader());
        return followers;
    }

    CpuMeter cpu() {
        return new CpuMeter(cluster);
    }

    /** Those of the loops: as many connections as nodes, wherever they lead. */
    Connections connectLoops() {
        return connect(
                settings.leaderOnly() ? Collections.nCopies(cluster.size(), leader().endpoint()) : cluster.endpoints());
    }

    Connections connect(List<String> endpoints) {
        return new Connections(endpoints, settings.clientThreads());
    }

    void add(Metric metric, double value) {
        results.add(product, metric, value);
    }

    void addVoid(Metric metric, String reason) {
        results.addVoid(product, metric, reason);
    }
}

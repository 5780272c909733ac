package io.mandate.verify.faults;

import io.grpc.Channel;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;

/**
 * What clients of one group of a cluster see: a store of its own. Group 0 is what a client sees that knows nothing of
 * groups, also of an etcd.
 */
record GroupStore(ProcessCluster cluster, int group) {

    /** Group 0's. */
    static GroupStore of(ProcessCluster cluster) {
        return new GroupStore(cluster, 0);
    }

    int size() {
        return cluster.size();
    }

    /** A way to the group through one node. */
    Channel channel(int node) {
        return channel(cluster.node(node));
    }

    Channel channel(ClusterNode node) {
        return node.channel(group);
    }

    int awaitLeader() {
        return cluster.awaitLeader(group);
    }
}

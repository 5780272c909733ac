package io.mandate.server;

import io.mandate.server.etcd.EtcdApi;
import io.mandate.server.etcd.EtcdApiOptions;
import io.mandate.server.meter.Labels;
import io.mandate.server.meter.OperationCount;
import io.mandate.server.meter.TextMetrics;
import io.mandate.server.raft.ApplyMeters;
import io.mandate.server.raft.RaftHost;
import io.mandate.server.raft.RaftReplica;
import java.util.List;

/**
 * A node's figures under etcd's names, with etcd's types, labels and buckets, so that its dashboards and alerts work.
 * What is not here stands with its reason in {@code docs/etcd-compatibility.md}; a test compares both with an etcd.
 */
final class EtcdMetrics {
    private final TextMetrics metrics = new TextMetrics();

    private EtcdMetrics() {}

    /** @param quotaBytes each group's share of the quota */
    static TextMetrics of(RaftHost host, List<EtcdApi.Group> groups, EtcdApi door, long quotaBytes) {
        EtcdMetrics all = new EtcdMetrics();
        all.ofServer(host);
        for (RaftReplica replica : host.replicas()) {
            int number = replica.group();
            // With one group there is nothing to tell apart, and etcd has no such label.
            Labels labels = groups.size() == 1 ? Labels.NONE : Labels.of("group", Integer.toString(number));
            all.ofGroup(replica, quotaBytes, labels);
            all.ofData(replica, groups.get(number), door.reads(number), labels);
            all.ofLeases(replica, groups.get(number), labels);
        }
        ProcessMetrics.addTo(all.metrics);
        return all.metrics;
    }

    private void ofServer(RaftHost host) {
        String version = EtcdApiOptions.ETCD_VERSION;
        metrics.gauge(
                "etcd_server_version",
                "The version of etcd that is spoken, as its label.",
                Labels.of("server_version", version),
                () -> 1);
        metrics.gauge(
                "etcd_cluster_version",
                "The version of etcd that the cluster speaks, as its label.",
                Labels.of("cluster_version", version.substring(0, version.lastIndexOf('.'))),
                () -> 1);
        metrics.gauge(
                "etcd_server_id",
                "The member's id, as its label.",
                Labels.of(
                        "server_id",
                        Long.toHexString(host.replicas().get(0).status().memberId())),
                () -> 1);
        metrics.counter(
                "etcd_server_heartbeat_send_failures_total",
                "Heartbeats that a leader here could not send.",
                Labels.NONE,
                host.transportMeters()::failedHeartbeats);
        metrics.histogram(
                "etcd_disk_wal_fsync_duration_seconds",
                "Forces of the log, which all groups share.",
                Labels.NONE,
                host.logForces());
        host.roundTrips()
                .forEach((member, roundTrips) -> metrics.histogramIfAny(
                        "etcd_network_peer_round_trip_time_seconds",
                        "From a leader's heartbeat to its answer.",
                        Labels.of("To", Long.toHexString(member)),
                        roundTrips));
    }

    private void ofGroup(RaftReplica replica, long quotaBytes, Labels labels) {
        metrics.gauge(
                "etcd_server_has_leader",
                "Whether a leader is known.",
                labels,
                () -> replica.status().hasLeader() ? 1 : 0);
        metrics.gauge(
                "etcd_server_is_leader",
                "Whether this node leads.",
                labels,
                () -> replica.status().isLeader() ? 1 : 0);
        metrics.gauge("etcd_server_is_learner", "Always 0: every member votes.", labels, () -> 0);
        metrics.counter(
                "etcd_server_leader_changes_seen_total",
                "How often another leader was learned of.",
                labels,
                replica::leaderChanges);
        metrics.counter(
                "etcd_server_proposals_failed_total",
                "Commands that failed on this node.",
                labels,
                replica::failedProposals);
        metrics.gauge(
                "etcd_server_proposals_pending",
                "Commands that wait for their outcome.",
                labels,
                () -> replica.status().pendingProposals());
        metrics.gauge(
                "etcd_server_proposals_committed_total",
                "The index up to which is committed.",
                labels,
                () -> replica.status().committedIndex());
        metrics.gauge(
                "etcd_server_proposals_applied_total",
                "The index up to which is applied.",
                labels,
                () -> replica.status().appliedIndex());
        metrics.gauge("etcd_server_quota_backend_bytes", "The space quota.", labels, () -> quotaBytes);
        metrics.gauge(
                "etcd_server_snapshot_apply_in_progress_total",
                "Whether a snapshot is being loaded.",
                labels,
                () -> replica.isLoadingSnapshot() ? 1 : 0);
        metrics.counter(
                "etcd_server_slow_read_indexes_total",
                "Proofs for linearizable reads that took too long and were tried again.",
                labels,
                replica::slowReadRounds);
        metrics.counter(
                "etcd_server_read_indexes_failed_total",
                "Linearizable reads that no majority answered.",
                labels,
                replica::failedReads);
        ApplyMeters applied = replica.applyMeters();
        metrics.counter(
                "etcd_server_slow_apply_total", "Commands that took more than 100 ms to apply.", labels, applied::slow);
        applied.durations()
                .forEach((kind, durations) -> metrics.histogramIfAny(
                        "etcd_server_apply_duration_seconds",
                        "How long commands took to apply.",
                        labels.and("version", "v3")
                                .and("op", kind.operation())
                                .and("success", Boolean.toString(kind.success())),
                        durations));
    }

    private void ofData(RaftReplica replica, EtcdApi.Group group, OperationCount reads, Labels labels) {
        ApplyMeters applied = replica.applyMeters();
        OperationCount writes = applied.operations();
        metrics.counter("etcd_mvcc_put_total", "Puts applied.", labels, writes::puts);
        metrics.counter("etcd_mvcc_delete_total", "Deletes applied.", labels, writes::deletes);
        for (String name : List.of("etcd_mvcc_range_total", "etcd_debugging_mvcc_range_total")) {
            metrics.counter(name, "Ranges applied, or read here.", labels, () -> writes.ranges() + reads.ranges());
        }
        metrics.counter(
                "etcd_mvcc_txn_total",
                "Transactions of several operations.",
                labels,
                () -> writes.transactions() + reads.transactions());
        metrics.gauge(
                "etcd_debugging_mvcc_total_put_size_in_bytes",
                "Bytes of the keys and values put.",
                labels,
                applied::putBytes);
        metrics.gauge(
                "etcd_mvcc_db_total_size_in_bytes",
                "Size of the data, with history.",
                labels,
                () -> replica.keyspace().sizeBytes());
        metrics.gauge(
                "etcd_mvcc_db_total_size_in_use_in_bytes",
                "The same without what is dead.",
                labels,
                () -> replica.keyspace().sizeInUseBytes());
        metrics.gauge(
                "etcd_debugging_mvcc_current_revision",
                "The current revision.",
                labels,
                () -> replica.keyspace().revision());
        metrics.gauge(
                "etcd_debugging_mvcc_compact_revision",
                "The revision compacted at.",
                labels,
                () -> replica.keyspace().compactedRevision());
        for (String name : List.of("etcd_debugging_mvcc_watcher_total", "mandate_watchers")) {
            metrics.gauge(name, "Watchers on this node.", labels, group.hub()::watchers);
        }
        metrics.gauge(
                "etcd_debugging_mvcc_pending_events_total",
                "Events that watchers have yet to be told.",
                labels,
                group.hub()::eventsQueued);
    }

    private void ofLeases(RaftReplica replica, EtcdApi.Group group, Labels labels) {
        ApplyMeters applied = replica.applyMeters();
        metrics.counter("etcd_debugging_lease_granted_total", "Leases granted.", labels, applied::leasesGranted);
        metrics.counter(
                "etcd_debugging_lease_revoked_total",
                "Leases ended, by a client or their time.",
                labels,
                applied::leasesEnded);
        metrics.counter(
                "etcd_debugging_server_lease_expired_total",
                "Leases ended by their time.",
                labels,
                applied::leasesExpired);
        metrics.counter(
                "etcd_debugging_lease_renewed_total",
                "Renewals granted as the leader.",
                labels,
                group.keeper()::renewed);
        metrics.histogram(
                "etcd_debugging_lease_ttl_total", "Times to live granted, in seconds.", labels, applied.leaseSeconds());
    }
}

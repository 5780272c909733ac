package io.mandate.server;

import io.mandate.server.etcd.EtcdApi;
import io.mandate.server.etcd.call.EtcdApiOptions;
import io.mandate.server.meter.Labels;
import io.mandate.server.meter.OperationCount;
import io.mandate.server.meter.TextMetrics;
import io.mandate.server.raft.ApplyMeters;
import io.mandate.server.raft.RaftHost;
import io.mandate.server.raft.RaftReplica;
import java.util.List;

/**
 * A node's metrics with etcd's names, types, labels and buckets, so that its dashboards and alerts work.
 * {@code docs/etcd-compatibility.md} lists those that are missing, with the reasons; a test compares both with an etcd.
 */
final class EtcdMetrics {
    private final TextMetrics metrics = new TextMetrics();

    private EtcdMetrics() {}

    /** @param quotaBytes each group's share of the quota */
    static TextMetrics of(RaftHost host, List<EtcdApi.Group> groups, EtcdApi api, long quotaBytes) {
        EtcdMetrics etcd = new EtcdMetrics();
        etcd.addServer(host);
        for (RaftReplica replica : host.replicas()) {
            int number = replica.group();
            // A single group needs no label, and etcd has none.
            Labels labels = groups.size() == 1 ? Labels.NONE : Labels.of("group", Integer.toString(number));
            etcd.addGroup(replica, quotaBytes, labels);
            etcd.addData(replica, groups.get(number), api.reads(number), labels);
            etcd.addLeases(replica, groups.get(number), labels);
        }
        ProcessMetrics.addTo(etcd.metrics);
        return etcd.metrics;
    }

    private void addServer(RaftHost host) {
        String version = EtcdApiOptions.ETCD_VERSION;
        metrics.gauge(
                "etcd_server_version",
                "The version of etcd whose API is served, as its label.",
                Labels.of("server_version", version),
                () -> 1);
        metrics.gauge(
                "etcd_cluster_version",
                "The version of etcd whose API the cluster serves, as its label.",
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
                "Heartbeats that a leader on this node failed to send.",
                Labels.NONE,
                host.transportMeters()::failedHeartbeats);
        metrics.histogram(
                "etcd_disk_wal_fsync_duration_seconds",
                "Durations of fsync of the log, which all groups share.",
                Labels.NONE,
                host.logForces());
        host.roundTrips()
                .forEach((member, roundTrips) -> metrics.histogramUnlessEmpty(
                        "etcd_network_peer_round_trip_time_seconds",
                        "Round-trip times of a leader's heartbeats.",
                        Labels.of("To", Long.toHexString(member)),
                        roundTrips));
    }

    private void addGroup(RaftReplica replica, long quotaBytes, Labels labels) {
        metrics.gauge(
                "etcd_server_has_leader",
                "Whether a leader is known.",
                labels,
                () -> replica.status().hasLeader() ? 1 : 0);
        metrics.gauge(
                "etcd_server_is_leader",
                "Whether this node is the leader.",
                labels,
                () -> replica.status().isLeader() ? 1 : 0);
        metrics.gauge("etcd_server_is_learner", "Always 0: every member votes.", labels, () -> 0);
        metrics.counter(
                "etcd_server_leader_changes_seen_total",
                "The number of leader changes seen.",
                labels,
                replica::leaderChanges);
        metrics.counter(
                "etcd_server_proposals_failed_total",
                "Proposals that failed on this node.",
                labels,
                replica::failedProposals);
        metrics.gauge(
                "etcd_server_proposals_pending",
                "Proposals that wait for their outcome.",
                labels,
                () -> replica.status().pendingProposals());
        metrics.gauge(
                "etcd_server_proposals_committed_total",
                "The committed index.",
                labels,
                () -> replica.status().committedIndex());
        metrics.gauge(
                "etcd_server_proposals_applied_total",
                "The applied index.",
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
                "ReadIndex rounds that timed out and were retried.",
                labels,
                replica::slowReadRounds);
        metrics.counter(
                "etcd_server_read_indexes_failed_total",
                "Linearizable reads that no majority confirmed.",
                labels,
                replica::failedReads);
        ApplyMeters meters = replica.applyMeters();
        metrics.counter(
                "etcd_server_slow_apply_total", "Commands that took more than 100 ms to apply.", labels, meters::slow);
        meters.durations()
                .forEach((kind, durations) -> metrics.histogramUnlessEmpty(
                        "etcd_server_apply_duration_seconds",
                        "Durations of applying commands.",
                        labels.and("version", "v3")
                                .and("op", kind.operation())
                                .and("success", Boolean.toString(kind.success())),
                        durations));
    }

    private void addData(RaftReplica replica, EtcdApi.Group group, OperationCount reads, Labels labels) {
        ApplyMeters meters = replica.applyMeters();
        OperationCount writes = meters.operations();
        metrics.counter("etcd_mvcc_put_total", "Puts applied.", labels, writes::puts);
        metrics.counter("etcd_mvcc_delete_total", "Deletes applied.", labels, writes::deletes);
        for (String name : List.of("etcd_mvcc_range_total", "etcd_debugging_mvcc_range_total")) {
            metrics.counter(
                    name, "Ranges applied, or read on this node.", labels, () -> writes.ranges() + reads.ranges());
        }
        metrics.counter(
                "etcd_mvcc_txn_total",
                "Transactions of more than one operation.",
                labels,
                () -> writes.transactions() + reads.transactions());
        metrics.gauge(
                "etcd_debugging_mvcc_total_put_size_in_bytes",
                "Bytes of the keys and values put.",
                labels,
                meters::putBytes);
        metrics.gauge(
                "etcd_mvcc_db_total_size_in_bytes",
                "The size of the data, including history.",
                labels,
                () -> replica.keyspace().sizeBytes());
        metrics.gauge(
                "etcd_mvcc_db_total_size_in_use_in_bytes",
                "The size of the data, without superseded data.",
                labels,
                () -> replica.keyspace().sizeInUseBytes());
        metrics.gauge(
                "etcd_debugging_mvcc_current_revision",
                "The current revision.",
                labels,
                () -> replica.keyspace().revision());
        metrics.gauge(
                "etcd_debugging_mvcc_compact_revision",
                "The revision of the last compaction.",
                labels,
                () -> replica.keyspace().compactedRevision());
        for (String name : List.of("etcd_debugging_mvcc_watcher_total", "mandate_watchers")) {
            metrics.gauge(name, "Watchers on this node.", labels, group.hub()::watchers);
        }
        metrics.gauge(
                "etcd_debugging_mvcc_pending_events_total",
                "Events that wait to be sent to watchers.",
                labels,
                group.hub()::eventsQueued);
    }

    private void addLeases(RaftReplica replica, EtcdApi.Group group, Labels labels) {
        ApplyMeters meters = replica.applyMeters();
        metrics.counter("etcd_debugging_lease_granted_total", "Leases granted.", labels, meters::leasesGranted);
        metrics.counter(
                "etcd_debugging_lease_revoked_total", "Leases revoked or expired.", labels, meters::leasesEnded);
        metrics.counter("etcd_debugging_server_lease_expired_total", "Leases expired.", labels, meters::leasesExpired);
        metrics.counter(
                "etcd_debugging_lease_renewed_total",
                "Renewals that this node granted as the leader.",
                labels,
                group.keeper()::renewed);
        metrics.histogram(
                "etcd_debugging_lease_ttl_total", "Times to live granted, in seconds.", labels, meters.leaseSeconds());
    }
}

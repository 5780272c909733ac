package io.mandate.server.raft;

import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Command;
import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.TxnOperation;
import io.mandate.server.meter.Histogram;
import io.mandate.server.meter.OperationCount;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a replica applies. Written by the thread that applies, read by all. */
public final class ApplyMeters {
    /** etcd's bound, beyond which it warns. */
    private static final long SLOW_NANOS = 100_000_000;

    private static final Command.Handler<String> NAME_WITH_ETCD = new NameWithEtcd();

    /** A kind of command, and whether it was carried out. */
    public record Kind(String operation, boolean success) {}

    private final OperationCount operations = new OperationCount();
    private final LongAdder putBytes = new LongAdder();
    private final LongAdder slow = new LongAdder();
    private final LongAdder leasesGranted = new LongAdder();
    private final LongAdder leasesEnded = new LongAdder();
    private final LongAdder leasesExpired = new LongAdder();
    private final Histogram leaseSeconds = Histogram.exponential(1, 2, 24);
    private final Map<Kind, Histogram> durations;

    ApplyMeters() {
        Map<Kind, Histogram> all = new HashMap<>();
        for (String operation : NameWithEtcd.ALL) {
            all.put(new Kind(operation, true), Histogram.exponential(0.0001, 2, 20));
            all.put(new Kind(operation, false), Histogram.exponential(0.0001, 2, 20));
        }
        durations = Map.copyOf(all);
    }

    void applied(Command command, Applied applied, long nanos) {
        if (nanos > SLOW_NANOS) {
            slow.increment();
        }
        boolean success = !(applied.outcome() instanceof Outcome.Refused);
        Objects.requireNonNull(durations.get(new Kind(command.accept(NAME_WITH_ETCD), success)))
                .observeNanos(nanos);
        if (!isRepeated(applied)) {
            operations.add(applied.outcome());
        }
        for (Event event : applied.events()) {
            KeyValue keyValue = event.keyValue();
            if (event.type() == Event.Type.PUT) {
                putBytes.add(keyValue.key().size() + (long) keyValue.value().size());
            }
        }
        for (Applied.LeaseChange change : applied.leaseChanges()) {
            if (change instanceof Applied.LeaseStarted started) {
                leasesGranted.increment();
                leaseSeconds.observe(started.lease().ttlMillis() / 1e3);
            } else {
                leasesEnded.increment();
                leasesExpired.add(command instanceof Command.LeaseExpire ? 1 : 0);
            }
        }
    }

    /** The first answer to a request that came again: what it says it wrote it wrote then. */
    private static boolean isRepeated(Applied applied) {
        return applied.events().isEmpty() && wrote(applied.outcome());
    }

    private static boolean wrote(Outcome outcome) {
        return outcome instanceof Outcome.Written
                || (outcome instanceof Outcome.Deleted deleted && deleted.count() > 0)
                || (outcome instanceof Outcome.Decided decided
                        && decided.answers().stream().anyMatch(ApplyMeters::wrote));
    }

    public OperationCount operations() {
        return operations;
    }

    /** Bytes of the keys and values that were put. */
    public long putBytes() {
        return putBytes.sum();
    }

    public long slow() {
        return slow.sum();
    }

    public long leasesGranted() {
        return leasesGranted.sum();
    }

    /** Revoked, by a client or because they had expired. */
    public long leasesEnded() {
        return leasesEnded.sum();
    }

    public long leasesExpired() {
        return leasesExpired.sum();
    }

    /** Times to live that were granted. */
    public Histogram leaseSeconds() {
        return leaseSeconds;
    }

    /** How long commands took, in seconds, by kind. */
    public Map<Kind, Histogram> durations() {
        return durations;
    }

    private static final class NameWithEtcd implements Command.Handler<String> {
        static final List<String> ALL = List.of(
                "Put",
                "DeleteRange",
                "Txn",
                "Compaction",
                "LeaseGrant",
                "LeaseRevoke",
                "Alarm",
                "ClusterMemberAttrSet");

        @Override
        public String put(TxnOperation.Put put) {
            return "Put";
        }

        @Override
        public String deleteRange(TxnOperation.DeleteRange deleteRange) {
            return "DeleteRange";
        }

        @Override
        public String txn(TxnOperation.Txn txn) {
            return "Txn";
        }

        @Override
        public String compact(Command.Compact compact) {
            return "Compaction";
        }

        @Override
        public String leaseGrant(Command.LeaseGrant grant) {
            return "LeaseGrant";
        }

        @Override
        public String leaseRevoke(Command.LeaseRevoke revoke) {
            return "LeaseRevoke";
        }

        /** etcd's leader revokes what has expired. */
        @Override
        public String leaseExpire(Command.LeaseExpire expire) {
            return "LeaseRevoke";
        }

        @Override
        public String setAlarm(Command.SetAlarm setAlarm) {
            return "Alarm";
        }

        @Override
        public String publishMember(Command.PublishMember publishMember) {
            return "ClusterMemberAttrSet";
        }
    }
}

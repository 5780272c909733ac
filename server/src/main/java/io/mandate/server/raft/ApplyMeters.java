package io.mandate.server.raft;

import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.meter.Histogram;
import io.mandate.server.meter.OperationCount;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Metrics of applied commands. Written by the thread that applies, read by any. */
public final class ApplyMeters {
    /** etcd's threshold of its warning for a slow apply. */
    private static final long SLOW_NANOS = 100_000_000;

    private static final Command.Handler<String> ETCD_OPERATION_NAME = new EtcdOperationName();

    /** A kind of command, and whether it succeeded. */
    public record CommandKind(String operation, boolean success) {}

    private final OperationCount operations = new OperationCount();
    private final LongAdder putBytes = new LongAdder();
    private final LongAdder slow = new LongAdder();
    private final LongAdder leasesGranted = new LongAdder();
    private final LongAdder leasesEnded = new LongAdder();
    private final LongAdder leasesExpired = new LongAdder();
    private final Histogram leaseSeconds = Histogram.exponential(1, 2, 24);
    private final Map<CommandKind, Histogram> durations;

    ApplyMeters() {
        Map<CommandKind, Histogram> all = new HashMap<>();
        for (String operation : EtcdOperationName.ALL) {
            all.put(new CommandKind(operation, true), Histogram.exponential(0.0001, 2, 20));
            all.put(new CommandKind(operation, false), Histogram.exponential(0.0001, 2, 20));
        }
        durations = Map.copyOf(all);
    }

    void applied(Command command, Applied applied, long nanos) {
        if (nanos > SLOW_NANOS) {
            slow.increment();
        }
        boolean success = !(applied.outcome() instanceof Outcome.Refused);
        Objects.requireNonNull(durations.get(new CommandKind(command.accept(ETCD_OPERATION_NAME), success)))
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

    /** Whether this is the kept response to a repeated request, whose writes were counted at its first application. */
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

    /** The size of all keys and values put, in bytes. */
    public long putBytes() {
        return putBytes.sum();
    }

    public long slow() {
        return slow.sum();
    }

    public long leasesGranted() {
        return leasesGranted.sum();
    }

    /** Leases that were revoked or expired. */
    public long leasesEnded() {
        return leasesEnded.sum();
    }

    public long leasesExpired() {
        return leasesExpired.sum();
    }

    /** The times to live that were granted, in seconds. */
    public Histogram leaseSeconds() {
        return leaseSeconds;
    }

    /** The durations of applying commands, in seconds, by kind. */
    public Map<CommandKind, Histogram> durations() {
        return durations;
    }

    private static final class EtcdOperationName implements Command.Handler<String> {
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

        /** In etcd the leader revokes expired leases. */
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

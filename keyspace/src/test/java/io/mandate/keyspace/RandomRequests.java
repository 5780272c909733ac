package io.mandate.keyspace;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Requests of every kind over few keys and leases, so that they meet; those that make sense and those that must be
 * refused.
 */
final class RandomRequests {
    private final RandomGenerator random;
    private long sequence;

    RandomRequests(RandomGenerator random) {
        this.random = random;
    }

    Request next(long revision) {
        Command command = command(revision);
        if (random.nextInt(4) > 0) {
            return Request.of(command);
        }
        long next = random.nextInt(3) == 0 ? Math.max(1, sequence - random.nextInt(8)) : ++sequence;
        return new Request(command, new Request.RequestId(leaseId(), Math.max(1, next)));
    }

    Command command(long revision) {
        return switch (random.nextInt(20)) {
            case 0, 1 -> new Command.LeaseGrant(1 + random.nextInt(6), 1 + random.nextInt(10_000));
            case 2 -> new Command.LeaseRevoke(leaseId());
            case 3 ->
                new Command.LeaseExpire(
                        1 + random.nextInt(2),
                        List.of(
                                new Command.Expiry(leaseId(), 1 + random.nextInt(40)),
                                new Command.Expiry(leaseId(), 1 + random.nextInt(40))));
            case 4 -> new Command.Compact(revision - random.nextInt(8) + random.nextInt(3));
            case 5 ->
                new Command.SetAlarm(
                        new Alarm(1 + random.nextInt(3), any(Alarm.Kind.values())), random.nextInt(4) == 0);
            case 6 ->
                new Command.PublishMember(new Member(
                        1 + random.nextInt(3), "m", List.of("http://p"), List.of("http://c" + random.nextInt(2))));
            case 7, 8 -> new TxnOperation.DeleteRange(keys(), random.nextBoolean());
            case 9, 10, 11, 12, 13 -> txn(revision, 3);
            default -> put();
        };
    }

    private TxnOperation operation(long revision, int depth) {
        return switch (random.nextInt(depth > 0 ? 4 : 3)) {
            case 0 -> range(revision);
            case 1 -> new TxnOperation.DeleteRange(keys(), random.nextBoolean());
            case 2 -> put();
            default -> txn(revision, depth - 1);
        };
    }

    TxnOperation.Txn txn(long revision, int depth) {
        List<Compare> compares = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            compares.add(new Compare(
                    keys(), any(Compare.Target.values()), any(Compare.Relation.values()), random.nextInt(4), value()));
        }
        return new TxnOperation.Txn(compares, operations(revision, depth), operations(revision, depth));
    }

    private List<TxnOperation> operations(long revision, int depth) {
        List<TxnOperation> operations = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            operations.add(operation(revision, depth));
        }
        return operations;
    }

    private TxnOperation.Put put() {
        int flags = random.nextInt(24);
        long leaseId = random.nextInt(3) == 0 ? leaseId() : 0;
        return new TxnOperation.Put(key(), value(), leaseId, (flags & 1) != 0, flags >> 1 == 11, flags >> 1 == 10);
    }

    TxnOperation.Range range(long revision) {
        return new TxnOperation.Range(
                keys(),
                random.nextInt(3) == 0 ? revision - random.nextInt(4) : 0,
                random.nextInt(4),
                any(TxnOperation.Range.SortOrder.values()),
                any(TxnOperation.Range.SortTarget.values()),
                random.nextBoolean(),
                random.nextInt(4) == 0,
                random.nextInt(3),
                random.nextInt(4) == 0 ? revision : 0,
                random.nextInt(3),
                random.nextInt(4) == 0 ? revision : 0);
    }

    KeyRange keys() {
        return switch (random.nextInt(4)) {
            case 0 -> new KeyRange(key(), key());
            case 1 -> new KeyRange(key(), Bytes.ZERO);
            default -> KeyRange.single(key());
        };
    }

    private <E> E any(E[] values) {
        return values[random.nextInt(values.length)];
    }

    private Bytes key() {
        return Bytes.utf8("k" + random.nextInt(12));
    }

    private Bytes value() {
        byte[] value = new byte[random.nextInt(20)];
        random.nextBytes(value);
        return Bytes.owning(value);
    }

    private long leaseId() {
        return 1L + random.nextInt(6);
    }
}

package io.mandate.server.etcd.kv;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.RequestRules;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.server.etcd.call.EtcdErrors;
import java.util.ArrayList;
import java.util.List;

/**
 * Translates request messages to operations. Checks are made in etcd's order, so that of several errors the same one is
 * reported. Bytes are copied once. Thread-safe.
 *
 * <p>All methods throw a {@code StatusRuntimeException} for a request that is invalid in any state of the keyspace.
 */
public final class RequestTranslation {
    private final RequestRules rules;

    public RequestTranslation(RequestRules rules) {
        this.rules = rules;
    }

    TxnOperation.Range range(RangeRequest request) {
        KeyRange keys = keys(request.getKey(), request.getRangeEnd());
        if (keys.key().isEmpty()) {
            throw EtcdErrors.of(RequestRules.Violation.KEY_NOT_PROVIDED).asRuntimeException();
        }
        return new TxnOperation.Range(
                keys,
                request.getRevision(),
                request.getLimit(),
                switch (request.getSortOrder()) {
                    case NONE -> TxnOperation.Range.SortOrder.NONE;
                    case ASCEND -> TxnOperation.Range.SortOrder.ASCENDING;
                    case DESCEND -> TxnOperation.Range.SortOrder.DESCENDING;
                    case UNRECOGNIZED -> throw EtcdErrors.SORT_OPTION.asRuntimeException();
                },
                switch (request.getSortTarget()) {
                    case KEY -> TxnOperation.Range.SortTarget.KEY;
                    case VERSION -> TxnOperation.Range.SortTarget.VERSION;
                    case CREATE -> TxnOperation.Range.SortTarget.CREATE_REVISION;
                    case MOD -> TxnOperation.Range.SortTarget.MOD_REVISION;
                    case VALUE -> TxnOperation.Range.SortTarget.VALUE;
                    case UNRECOGNIZED -> throw EtcdErrors.SORT_OPTION.asRuntimeException();
                },
                request.getKeysOnly(),
                request.getCountOnly(),
                request.getMinModRevision(),
                request.getMaxModRevision(),
                request.getMinCreateRevision(),
                request.getMaxCreateRevision());
    }

    TxnOperation.Put put(PutRequest request) {
        return checked(new TxnOperation.Put(
                bytes(request.getKey()),
                bytes(request.getValue()),
                request.getLease(),
                request.getPrevKv(),
                request.getIgnoreValue(),
                request.getIgnoreLease()));
    }

    TxnOperation.DeleteRange deleteRange(DeleteRangeRequest request) {
        return checked(
                new TxnOperation.DeleteRange(keys(request.getKey(), request.getRangeEnd()), request.getPrevKv()));
    }

    TxnOperation.Txn txn(TxnRequest request) {
        return checked(txn(request, rules.txnOperationsMax()));
    }

    /**
     * Checks the numbers of operations first, then the compares, then both branches, depth first. Duplicate keys are
     * checked last, once the whole transaction is translated.
     */
    private TxnOperation.Txn txn(TxnRequest request, int operationsMax) {
        int widest =
                Math.max(request.getCompareCount(), Math.max(request.getSuccessCount(), request.getFailureCount()));
        if (widest > operationsMax) {
            throw EtcdErrors.of(RequestRules.Violation.TOO_MANY_OPERATIONS).asRuntimeException();
        }
        List<Compare> compares = new ArrayList<>(request.getCompareCount());
        for (io.mandate.etcdapi.Compare compare : request.getCompareList()) {
            compares.add(compare(compare));
        }
        return new TxnOperation.Txn(
                compares,
                operations(request.getSuccessList(), operationsMax - widest),
                operations(request.getFailureList(), operationsMax - widest));
    }

    private List<TxnOperation> operations(List<RequestOp> requests, int operationsMax) {
        List<TxnOperation> operations = new ArrayList<>(requests.size());
        for (RequestOp request : requests) {
            operations.add(
                    switch (request.getRequestCase()) {
                        case REQUEST_RANGE -> range(request.getRequestRange());
                        case REQUEST_PUT -> put(request.getRequestPut());
                        case REQUEST_DELETE_RANGE -> deleteRange(request.getRequestDeleteRange());
                        case REQUEST_TXN -> txn(request.getRequestTxn(), operationsMax);
                        case REQUEST_NOT_SET -> throw EtcdErrors.EMPTY_OPERATION.asRuntimeException();
                    });
        }
        return operations;
    }

    /**
     * A target whose value is not set compares with zero or the empty value, also if the value of another target is
     * set.
     */
    private static Compare compare(io.mandate.etcdapi.Compare compare) {
        KeyRange keys = keys(compare.getKey(), compare.getRangeEnd());
        if (keys.key().isEmpty()) {
            throw EtcdErrors.of(RequestRules.Violation.KEY_NOT_PROVIDED).asRuntimeException();
        }
        Compare.Relation relation = switch (compare.getResult()) {
            case EQUAL -> Compare.Relation.EQUAL;
            case GREATER -> Compare.Relation.GREATER;
            case LESS -> Compare.Relation.LESS;
            case NOT_EQUAL -> Compare.Relation.NOT_EQUAL;
            case UNRECOGNIZED -> throw EtcdErrors.UNKNOWN_COMPARE.asRuntimeException();
        };
        return switch (compare.getTarget()) {
            case VERSION -> number(keys, Compare.Target.VERSION, relation, compare.getVersion());
            case CREATE -> number(keys, Compare.Target.CREATE_REVISION, relation, compare.getCreateRevision());
            case MOD -> number(keys, Compare.Target.MOD_REVISION, relation, compare.getModRevision());
            case LEASE -> number(keys, Compare.Target.LEASE, relation, compare.getLease());
            case VALUE -> new Compare(keys, Compare.Target.VALUE, relation, 0, bytes(compare.getValue()));
            case UNRECOGNIZED -> throw EtcdErrors.UNKNOWN_COMPARE.asRuntimeException();
        };
    }

    private static Compare number(KeyRange keys, Compare.Target target, Compare.Relation relation, long number) {
        return new Compare(keys, target, relation, number, Bytes.EMPTY);
    }

    private <T extends TxnOperation> T checked(T operation) {
        rules.check(operation).ifPresent(violation -> {
            throw EtcdErrors.of(violation).asRuntimeException();
        });
        return operation;
    }

    private static KeyRange keys(ByteString key, ByteString end) {
        return new KeyRange(bytes(key), bytes(end));
    }

    static Bytes bytes(ByteString bytes) {
        return Bytes.owning(bytes.toByteArray());
    }
}

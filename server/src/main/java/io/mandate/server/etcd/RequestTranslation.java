package io.mandate.server.etcd;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Compare;
import io.mandate.keyspace.KeyRange;
import io.mandate.keyspace.Operation;
import java.util.ArrayList;
import java.util.List;

/** Turns messages into operations. What no operation can express is refused by a StatusRuntimeException with etcd's text. */
final class RequestTranslation {
    private RequestTranslation() {}

    static Bytes bytes(ByteString bytes) {
        return Bytes.owning(bytes.toByteArray());
    }

    private static KeyRange keys(ByteString key, ByteString rangeEnd) {
        return new KeyRange(bytes(key), bytes(rangeEnd));
    }

    static KeyRange keysOf(RangeRequest request) {
        return keys(request.getKey(), request.getRangeEnd());
    }

    static Operation.Range range(RangeRequest request) {
        return new Operation.Range(
                keysOf(request),
                request.getRevision(),
                request.getLimit(),
                switch (request.getSortOrder()) {
                    case NONE -> Operation.Range.SortOrder.NONE;
                    case ASCEND -> Operation.Range.SortOrder.ASCENDING;
                    case DESCEND -> Operation.Range.SortOrder.DESCENDING;
                    case UNRECOGNIZED -> throw EtcdErrors.SORT_OPTION.asRuntimeException();
                },
                switch (request.getSortTarget()) {
                    case KEY -> Operation.Range.SortTarget.KEY;
                    case VERSION -> Operation.Range.SortTarget.VERSION;
                    case CREATE -> Operation.Range.SortTarget.CREATE_REVISION;
                    case MOD -> Operation.Range.SortTarget.MOD_REVISION;
                    case VALUE -> Operation.Range.SortTarget.VALUE;
                    case UNRECOGNIZED -> throw EtcdErrors.SORT_OPTION.asRuntimeException();
                },
                request.getKeysOnly(),
                request.getCountOnly(),
                request.getMinModRevision(),
                request.getMaxModRevision(),
                request.getMinCreateRevision(),
                request.getMaxCreateRevision());
    }

    static Operation.Put put(PutRequest request) {
        return new Operation.Put(
                bytes(request.getKey()),
                bytes(request.getValue()),
                request.getLease(),
                request.getPrevKv(),
                request.getIgnoreValue(),
                request.getIgnoreLease());
    }

    static Operation.DeleteRange deleteRange(DeleteRangeRequest request) {
        return new Operation.DeleteRange(keys(request.getKey(), request.getRangeEnd()), request.getPrevKv());
    }

    static Operation.Txn txn(TxnRequest request) {
        List<Compare> compares = new ArrayList<>(request.getCompareCount());
        request.getCompareList().forEach(compare -> compares.add(compare(compare)));
        return new Operation.Txn(compares, operations(request.getSuccessList()), operations(request.getFailureList()));
    }

    private static List<Operation> operations(List<RequestOp> requests) {
        List<Operation> operations = new ArrayList<>(requests.size());
        for (RequestOp request : requests) {
            operations.add(
                    switch (request.getRequestCase()) {
                        case REQUEST_RANGE -> range(request.getRequestRange());
                        case REQUEST_PUT -> put(request.getRequestPut());
                        case REQUEST_DELETE_RANGE -> deleteRange(request.getRequestDeleteRange());
                        case REQUEST_TXN -> txn(request.getRequestTxn());
                        case REQUEST_NOT_SET -> throw EtcdErrors.EMPTY_OPERATION.asRuntimeException();
                    });
        }
        return operations;
    }

    private static Compare compare(io.mandate.etcdapi.Compare compare) {
        long number = 0;
        Bytes value = Bytes.EMPTY;
        Compare.Target target;
        switch (compare.getTarget()) {
            case CREATE -> {
                target = Compare.Target.CREATE_REVISION;
                number = compare.getCreateRevision();
            }
            case MOD -> {
                target = Compare.Target.MOD_REVISION;
                number = compare.getModRevision();
            }
            case VALUE -> {
                target = Compare.Target.VALUE;
                value = bytes(compare.getValue());
            }
            case LEASE -> {
                target = Compare.Target.LEASE;
                number = compare.getLease();
            }
            case VERSION -> {
                target = Compare.Target.VERSION;
                number = compare.getVersion();
            }
            default -> throw EtcdErrors.UNKNOWN_COMPARE.asRuntimeException();
        }
        Compare.Relation relation = switch (compare.getResult()) {
            case GREATER -> Compare.Relation.GREATER;
            case LESS -> Compare.Relation.LESS;
            case NOT_EQUAL -> Compare.Relation.NOT_EQUAL;
            case EQUAL -> Compare.Relation.EQUAL;
            case UNRECOGNIZED -> throw EtcdErrors.UNKNOWN_COMPARE.asRuntimeException();
        };
        return new Compare(keys(compare.getKey(), compare.getRangeEnd()), target, relation, number, value);
    }
}

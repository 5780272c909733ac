package io.mandate.store.etcd;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import java.util.List;

/** etcd's transactions, as this adapter uses them. */
final class Transactions {
    private Transactions() {}

    /** Writes a key if it has this version, and answers what is there then. */
    static TxnRequest swap(ByteString key, long expectedVersion, ByteString value, long leaseId) {
        return TxnRequest.newBuilder()
                .addCompare(isAt(key, expectedVersion))
                .addSuccess(put(key, value, leaseId))
                .addSuccess(get(key))
                .addFailure(get(key))
                .build();
    }

    /** Deletes a key if it was created at this revision. */
    static TxnRequest delete(ByteString key, long creation) {
        return TxnRequest.newBuilder()
                .addCompare(wasCreatedAt(key, creation))
                .addSuccess(delete(key))
                .build();
    }

    /** Several at once. Those of etcd are decided before any is carried out, so none may touch a key of another. */
    static TxnRequest all(List<TxnRequest> transactions) {
        TxnRequest.Builder all = TxnRequest.newBuilder();
        transactions.forEach(each -> all.addSuccess(RequestOp.newBuilder().setRequestTxn(each)));
        return all.build();
    }

    /** @param version 0 for no such key */
    static Compare isAt(ByteString key, long version) {
        return Compare.newBuilder()
                .setKey(key)
                .setTarget(Compare.CompareTarget.MOD)
                .setResult(Compare.CompareResult.EQUAL)
                .setModRevision(version)
                .build();
    }

    static Compare wasCreatedAt(ByteString key, long creation) {
        return Compare.newBuilder()
                .setKey(key)
                .setTarget(Compare.CompareTarget.CREATE)
                .setResult(Compare.CompareResult.EQUAL)
                .setCreateRevision(creation)
                .build();
    }

    static RequestOp put(ByteString key, ByteString value, long leaseId) {
        return RequestOp.newBuilder()
                .setRequestPut(
                        PutRequest.newBuilder().setKey(key).setValue(value).setLease(leaseId))
                .build();
    }

    static RequestOp get(ByteString key) {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(key))
                .build();
    }

    static RequestOp delete(ByteString key) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key))
                .build();
    }
}

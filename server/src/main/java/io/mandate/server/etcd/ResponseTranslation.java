package io.mandate.server.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mandate.etcdapi.DeleteRangeResponse;
import io.mandate.etcdapi.PutResponse;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.ResponseHeader;
import io.mandate.etcdapi.ResponseOp;
import io.mandate.etcdapi.TxnResponse;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Event;
import io.mandate.keyspace.KeyValue;
import io.mandate.keyspace.Outcome;

/**
 * Turns outcomes into messages, without copying keys and values. Headers are the caller's, but for nested answers,
 * which have the revision only.
 */
final class ResponseTranslation {
    private ResponseTranslation() {}

    static ByteString wire(Bytes bytes) {
        return bytes.isEmpty() ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes.sharedArray());
    }

    static io.mandate.etcdapi.KeyValue keyValue(KeyValue kv) {
        return io.mandate.etcdapi.KeyValue.newBuilder()
                .setKey(wire(kv.key()))
                .setValue(wire(kv.value()))
                .setCreateRevision(kv.createRevision())
                .setModRevision(kv.modRevision())
                .setVersion(kv.version())
                .setLease(kv.leaseId())
                .build();
    }

    static io.mandate.etcdapi.Event event(Event event) {
        io.mandate.etcdapi.Event.Builder wire = io.mandate.etcdapi.Event.newBuilder();
        KeyValue previous = event.previous();
        if (previous != null) {
            wire.setPrevKv(keyValue(previous));
        }
        if (event.type() == Event.Type.PUT) {
            return wire.setKv(keyValue(event.keyValue())).build();
        }
        return wire.setType(io.mandate.etcdapi.Event.EventType.DELETE)
                .setKv(io.mandate.etcdapi.KeyValue.newBuilder()
                        .setKey(wire(event.keyValue().key()))
                        .setModRevision(event.revision()))
                .build();
    }

    static RangeResponse.Builder ranged(Outcome.Ranged ranged) {
        RangeResponse.Builder response =
                RangeResponse.newBuilder().setCount(ranged.count()).setMore(ranged.more());
        for (KeyValue kv : ranged.keyValues()) {
            response.addKvs(keyValue(kv));
        }
        return response;
    }

    static PutResponse.Builder written(Outcome.Written written) {
        PutResponse.Builder response = PutResponse.newBuilder();
        KeyValue previous = written.previous();
        return previous == null ? response : response.setPrevKv(keyValue(previous));
    }

    static DeleteRangeResponse.Builder deleted(Outcome.Deleted deleted) {
        DeleteRangeResponse.Builder response = DeleteRangeResponse.newBuilder().setDeleted(deleted.count());
        for (KeyValue kv : deleted.previous()) {
            response.addPrevKvs(keyValue(kv));
        }
        return response;
    }

    static TxnResponse.Builder decided(Outcome.Decided decided) {
        TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(decided.succeeded());
        for (Outcome answer : decided.answers()) {
            response.addResponses(nested(answer));
        }
        return response;
    }

    /** An answer inside a transaction; a nested transaction's header is empty (seen with etcd 3.5.30). */
    private static ResponseOp nested(Outcome answer) {
        ResponseHeader header =
                ResponseHeader.newBuilder().setRevision(answer.revision()).build();
        ResponseOp.Builder wire = ResponseOp.newBuilder();
        if (answer instanceof Outcome.Ranged ranged) {
            return wire.setResponseRange(ranged(ranged).setHeader(header)).build();
        }
        if (answer instanceof Outcome.Written written) {
            return wire.setResponsePut(written(written).setHeader(header)).build();
        }
        if (answer instanceof Outcome.Deleted deleted) {
            return wire.setResponseDeleteRange(deleted(deleted).setHeader(header))
                    .build();
        }
        return wire.setResponseTxn(decided((Outcome.Decided) answer).setHeader(ResponseHeader.getDefaultInstance()))
                .build();
    }
}

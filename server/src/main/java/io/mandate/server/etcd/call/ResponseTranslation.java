package io.mandate.server.etcd.call;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mandate.etcdapi.DeleteRangeResponse;
import io.mandate.etcdapi.PutResponse;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.ResponseHeader;
import io.mandate.etcdapi.ResponseOp;
import io.mandate.etcdapi.TxnResponse;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.Outcome;

/**
 * Translates outcomes into messages, without copying keys and values. The caller sets the header, except that of nested
 * responses, which contains only the revision.
 */
public final class ResponseTranslation {
    private ResponseTranslation() {}

    public static ByteString wire(Bytes bytes) {
        return bytes.isEmpty() ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes.sharedArray());
    }

    public static io.mandate.etcdapi.KeyValue keyValue(KeyValue kv) {
        return io.mandate.etcdapi.KeyValue.newBuilder()
                .setKey(wire(kv.key()))
                .setValue(wire(kv.value()))
                .setCreateRevision(kv.createRevision())
                .setModRevision(kv.modRevision())
                .setVersion(kv.version())
                .setLease(kv.leaseId())
                .build();
    }

    public static io.mandate.etcdapi.Event event(Event event) {
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

    public static RangeResponse.Builder ranged(Outcome.Ranged ranged) {
        RangeResponse.Builder response =
                RangeResponse.newBuilder().setCount(ranged.count()).setMore(ranged.more());
        for (KeyValue kv : ranged.keyValues()) {
            response.addKvs(keyValue(kv));
        }
        return response;
    }

    public static PutResponse.Builder written(Outcome.Written written) {
        PutResponse.Builder response = PutResponse.newBuilder();
        KeyValue previous = written.previous();
        return previous == null ? response : response.setPrevKv(keyValue(previous));
    }

    public static DeleteRangeResponse.Builder deleted(Outcome.Deleted deleted) {
        DeleteRangeResponse.Builder response = DeleteRangeResponse.newBuilder().setDeleted(deleted.count());
        for (KeyValue kv : deleted.previous()) {
            response.addPrevKvs(keyValue(kv));
        }
        return response;
    }

    public static TxnResponse.Builder decided(Outcome.Decided decided) {
        TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(decided.succeeded());
        for (Outcome outcome : decided.answers()) {
            response.addResponses(nested(outcome));
        }
        return response;
    }

    /** A response inside a transaction; a nested transaction's header is empty (as in etcd 3.5.30). */
    private static ResponseOp nested(Outcome outcome) {
        ResponseHeader header =
                ResponseHeader.newBuilder().setRevision(outcome.revision()).build();
        ResponseOp.Builder wire = ResponseOp.newBuilder();
        if (outcome instanceof Outcome.Ranged ranged) {
            return wire.setResponseRange(ranged(ranged).setHeader(header)).build();
        }
        if (outcome instanceof Outcome.Written written) {
            return wire.setResponsePut(written(written).setHeader(header)).build();
        }
        if (outcome instanceof Outcome.Deleted deleted) {
            return wire.setResponseDeleteRange(deleted(deleted).setHeader(header))
                    .build();
        }
        return wire.setResponseTxn(decided((Outcome.Decided) outcome).setHeader(ResponseHeader.getDefaultInstance()))
                .build();
    }
}

package io.mandate.bench.work;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Channel;
import io.mandate.bench.harness.UnarySlot;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Owns one key and swaps its value on condition of the revision it wrote last. As nobody else writes the key, a failed
 * compare is an error.
 */
final class CasSlot extends UnarySlot<TxnRequest, TxnResponse> {
    private static final int VALUE_BYTES = 100;

    private final ByteString key;
    private long modRevision;
    private long swaps;

    /** @param key must not exist yet */
    CasSlot(Channel channel, String key) {
        super(channel, KVGrpc.getTxnMethod());
        this.key = ByteString.copyFrom(key, StandardCharsets.UTF_8);
    }

    @Override
    protected TxnRequest request() {
        return TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(key)
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(modRevision))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(key).setValue(nextValue())))
                .build();
    }

    @Override
    protected Optional<String> accept(TxnResponse answer) {
        if (!answer.getSucceeded()) {
            return Optional.of("compare failed: revision " + modRevision + " of a key nobody else writes");
        }
        modRevision = answer.getHeader().getRevision();
        return Optional.empty();
    }

    private ByteString nextValue() {
        ByteBuffer value = ByteBuffer.allocate(VALUE_BYTES);
        value.putLong(0, ++swaps);
        return UnsafeByteOperations.unsafeWrap(value);
    }
}

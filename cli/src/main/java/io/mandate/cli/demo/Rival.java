package io.mandate.cli.demo;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.mandate.cli.client.StoreClient;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of several clients that want the same key, each talking to a node of its own choice. One thread at a time. */
final class Rival implements AutoCloseable {
    private final String name;
    private final StoreClient client;

    Rival(String name, List<String> endpoints) {
        this.name = name;
        this.client = new StoreClient(endpoints, Duration.ofSeconds(8));
    }

    String name() {
        return name;
    }

    /** Whether the swap was made; and the revision then. */
    record Swap(boolean won, long revision, long term) {}

    /** Writes the key if it was last changed at {@code modRevision} (0: if it does not exist). */
    Swap compareAndSwap(ByteString key, long modRevision, String value) {
        TxnResponse answer = client.kv()
                .txn(TxnRequest.newBuilder()
                        .addCompare(Compare.newBuilder()
                                .setKey(key)
                                .setTarget(Compare.CompareTarget.MOD)
                                .setResult(Compare.CompareResult.EQUAL)
                                .setModRevision(modRevision))
                        .addSuccess(RequestOp.newBuilder()
                                .setRequestPut(
                                        PutRequest.newBuilder().setKey(key).setValue(ByteString.copyFromUtf8(value))))
                        .build());
        return new Swap(
                answer.getSucceeded(),
                answer.getHeader().getRevision(),
                answer.getHeader().getRaftTerm());
    }

    /** Writes a key of its own; null if the store could not answer, and nobody knows whether it was written. */
    @Nullable
    Swap tryPut(ByteString key, String value) {
        try {
            var header = client.kv()
                    .put(PutRequest.newBuilder()
                            .setKey(key)
                            .setValue(ByteString.copyFromUtf8(value))
                            .build())
                    .getHeader();
            return new Swap(true, header.getRevision(), header.getRaftTerm());
        } catch (StatusRuntimeException unavailable) {
            return null;
        }
    }

    @Override
    public void close() {
        client.close();
    }
}

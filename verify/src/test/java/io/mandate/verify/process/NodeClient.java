package io.mandate.verify.process;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import java.util.concurrent.TimeUnit;

/** Single requests to one node, for tests that only need a key here and there. */
public final class NodeClient {
    private static final long REQUEST_SECONDS_MAX = 20;

    private NodeClient() {}

    public static void put(ClusterNode node, String key, String value) {
        KVGrpc.newBlockingStub(node.channel())
                .withDeadlineAfter(REQUEST_SECONDS_MAX, TimeUnit.SECONDS)
                .put(putRequest(key, value));
    }

    /** The value by a linearizable read, or "" if the key is absent. */
    public static String get(ClusterNode node, String key) {
        return range(
                node,
                RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build());
    }

    /** The value by a serializable read, or "" if the key is absent. */
    public static String getLocally(ClusterNode node, String key) {
        return range(
                node,
                RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setSerializable(true)
                        .build());
    }

    public static PutRequest putRequest(String key, String value) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build();
    }

    private static String range(ClusterNode node, RangeRequest request) {
        return KVGrpc.newBlockingStub(node.channel())
                .withDeadlineAfter(REQUEST_SECONDS_MAX, TimeUnit.SECONDS)
                .range(request)
                .getKvsList()
                .stream()
                .map(kv -> kv.getValue().toStringUtf8())
                .findFirst()
                .orElse("");
    }
}

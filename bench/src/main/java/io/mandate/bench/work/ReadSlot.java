package io.mandate.bench.work;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.mandate.bench.harness.UnarySlot;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads one existing key, linearizably. */
final class ReadSlot extends UnarySlot<RangeRequest, RangeResponse> {
    private final RangeRequest request;

    ReadSlot(Channel channel, String key) {
        super(channel, KVGrpc.getRangeMethod());
        request = RangeRequest.newBuilder()
                .setKey(ByteString.copyFrom(key, StandardCharsets.UTF_8))
                .build();
    }

    @Override
    protected RangeRequest request() {
        return request;
    }

    @Override
    protected Optional<String> accept(RangeResponse answer) {
        return answer.getKvsCount() == 1
                ? Optional.empty()
                : Optional.of("read found " + answer.getKvsCount() + " of 1 key");
    }
}

package io.mandate.cli.client;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/** Whether a call got as far as a connection: if not, it surely had no effect. Used for one call. */
final class SentMark extends ClientStreamTracer.Factory {
    private volatile boolean set;

    boolean isSet() {
        return set;
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
        return new ClientStreamTracer() {
            @Override
            public void streamCreated(Attributes transport, Metadata sentHeaders) {
                set = true;
            }
        };
    }
}

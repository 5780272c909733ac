package io.mandate.store.etcd;

import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Takes every call and answers none, as a member does that is cut off from the others and has not noticed yet. */
final class Silent extends HandlerRegistry {
    private enum Raw implements MethodDescriptor.Marshaller<InputStream> {
        BYTES;

        @Override
        public InputStream stream(InputStream value) {
            return value;
        }

        @Override
        public InputStream parse(InputStream stream) {
            return new ByteArrayInputStream(new byte[0]);
        }
    }

    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, String authority) {
        MethodDescriptor<InputStream, InputStream> method = MethodDescriptor.newBuilder(Raw.BYTES, Raw.BYTES)
                .setFullMethodName(name)
                .setType(MethodDescriptor.MethodType.UNKNOWN)
                .build();
        return ServerMethodDefinition.create(method, (call, headers) -> {
            call.request(1);
            return new ServerCall.Listener<>() {};
        });
    }
}

package io.mandate.cli.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** Makes failures to reach an endpoint say which one it was and what to do: gRPC's own text is "io exception". */
final class NamedEndpoint implements ClientInterceptor {
    static final String REMEDY = "is the store running? 'mandate dev' starts one here, --endpoints names another";

    private final String address;

    NamedEndpoint(String address) {
        this.address = address;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                super.onClose(explained(status), trailers);
                            }
                        },
                        headers);
            }
        };
    }

    /** Only what failed on this side has a cause; a refusal that the store sent keeps its own words. */
    private Status explained(Status status) {
        Throwable cause = status.getCause();
        if (status.getCode() == Status.Code.UNAVAILABLE && cause != null) {
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return status.withDescription(address + " cannot be reached (" + cause.getMessage() + "); " + REMEDY);
        }
        if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
            return status.withDescription(
                    address + " did not answer within --timeout (" + status.getDescription() + ")");
        }
        return status;
    }
}

package io.mandate.server.etcd;

import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.AuthGrpc;
import io.mandate.etcdapi.AuthStatusRequest;
import io.mandate.etcdapi.AuthStatusResponse;
import io.mandate.etcdapi.AuthenticateRequest;
import io.mandate.etcdapi.AuthenticateResponse;

/** The Auth service of a store without authentication: it says so. Everything else is UNIMPLEMENTED by name. */
final class AuthService extends AuthGrpc.AuthImplBase {
    private final Headers headers;

    AuthService(Headers headers) {
        this.headers = headers;
    }

    @Override
    public void authStatus(AuthStatusRequest request, StreamObserver<AuthStatusResponse> responses) {
        responses.onNext(AuthStatusResponse.newBuilder()
                .setHeader(headers.now())
                .setAuthRevision(1)
                .build());
        responses.onCompleted();
    }

    @Override
    public void authenticate(AuthenticateRequest request, StreamObserver<AuthenticateResponse> responses) {
        responses.onError(EtcdErrors.AUTH_NOT_ENABLED.asRuntimeException());
    }
}

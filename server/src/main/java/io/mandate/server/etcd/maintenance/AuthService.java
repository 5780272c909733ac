package io.mandate.server.etcd.maintenance;

import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.AuthGrpc;
import io.mandate.etcdapi.AuthStatusRequest;
import io.mandate.etcdapi.AuthStatusResponse;
import io.mandate.etcdapi.AuthenticateRequest;
import io.mandate.etcdapi.AuthenticateResponse;
import io.mandate.server.etcd.call.EtcdErrors;
import io.mandate.server.etcd.call.Headers;

/**
 * The Auth service of a store without authentication: it reports that authentication is disabled; other methods are
 * UNIMPLEMENTED.
 */
public final class AuthService extends AuthGrpc.AuthImplBase {
    private final Headers headers;

    public AuthService(Headers headers) {
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

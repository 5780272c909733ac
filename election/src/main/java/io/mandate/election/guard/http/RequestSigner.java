package io.mandate.election.guard.http;

import java.net.http.HttpRequest;
import java.nio.ByteBuffer;

/**
 * Adds to a request what the server asks for: an {@code Authorization} header with a bearer token, or the headers of
 * AWS Signature Version 4.
 *
 * <p>Called once for each request that is sent, also when one is repeated, so that dates are fresh. It must be
 * thread-safe and must not wait. What it throws reaches the caller of the guard.
 */
@FunctionalInterface
public interface RequestSigner {
    /**
     * Signs one request.
     *
     * @param request complete but for the signature; {@code request.copy().build()} shows its method, URI and headers
     * @param body what will be sent, for its hash; read-only, and empty for a GET
     */
    void sign(HttpRequest.Builder request, ByteBuffer body);
}

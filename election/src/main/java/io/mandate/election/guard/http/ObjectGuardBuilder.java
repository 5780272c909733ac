package io.mandate.election.guard.http;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/**
 * Describes a guard. Not thread-safe. Every setting is checked by {@link #build}, whose refusal names the setting, its
 * bounds and what to do.
 */
public final class ObjectGuardBuilder {
    private final HttpClient client;
    private String metadataPrefix = ObjectGuardOptions.METADATA_PREFIX_DEFAULT;
    private ETags etags = ETags.OF_CONTENT;
    private int contentBytesMax = ObjectGuardOptions.CONTENT_BYTES_DEFAULT;
    private Duration requestTimeout = ObjectGuardOptions.REQUEST_TIMEOUT_DEFAULT;
    private Duration operationTimeout = ObjectGuardOptions.OPERATION_TIMEOUT_DEFAULT;
    private RequestSigner signer = (request, body) -> {};
    private Executor executor = ForkJoinPool.commonPool();

    ObjectGuardBuilder(HttpClient client) {
        this.client = client;
    }

    /**
     * How the headers begin that the server keeps with an object: by default
     * {@value ObjectGuardOptions#METADATA_PREFIX_DEFAULT}, which S3-compatible stores keep. The guard adds
     * {@code token} and {@code writes}.
     */
    public ObjectGuardBuilder metadataPrefix(String prefix) {
        this.metadataPrefix = prefix;
        return this;
    }

    /**
     * What the server's ETags are derived from: by default {@link ETags#OF_CONTENT}, which is safe with every server.
     */
    public ObjectGuardBuilder etags(ETags derivation) {
        this.etags = derivation;
        return this;
    }

    /** The largest content that is read or written, in bytes: by default 8 MiB, at most 256 MiB. */
    public ObjectGuardBuilder contentBytesMax(int bytes) {
        this.contentBytesMax = bytes;
        return this;
    }

    /** How long one request may take, its answer included: by default 5 s. After it the answer counts as lost. */
    public ObjectGuardBuilder requestTimeout(Duration timeout) {
        this.requestTimeout = timeout;
        return this;
    }

    /**
     * After how long no more requests are begun for one call: by default 30 s. A call takes at most this and one
     * request timeout.
     */
    public ObjectGuardBuilder operationTimeout(Duration timeout) {
        this.operationTimeout = timeout;
        return this;
    }

    /** Adds signatures or credentials to every request: by default none. */
    public ObjectGuardBuilder signer(RequestSigner requestSigner) {
        this.signer = requestSigner;
        return this;
    }

    /** Runs the steps of asynchronous calls, and the functions given to them: by default the common pool. */
    public ObjectGuardBuilder executor(Executor asynchronousSteps) {
        this.executor = asynchronousSteps;
        return this;
    }

    /**
     * The guard described.
     *
     * @throws IllegalArgumentException if a setting is out of its bounds
     */
    public ObjectGuard build() {
        ObjectGuardOptions options =
                new ObjectGuardOptions(metadataPrefix, etags, contentBytesMax, requestTimeout, operationTimeout);
        return new ObjectGuard(new ObjectWire(client, options, signer), options, executor);
    }
}

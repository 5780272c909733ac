package io.mandate.election.guard.http;

/**
 * What a server derives its ETags from.
 *
 * <p>It matters because a condition is only as good as the tag: if a second write of the same content gives the same
 * tag, a writer that read before the first one cannot be told from one that read after the second, and a smaller token
 * would replace a larger one.
 */
public enum ETags {
    /**
     * From the content, as S3 and most stores like it do (it is the MD5), or nobody knows. The guard then makes every
     * write different: it stores the content as gzip ({@code Content-Encoding: gzip}) with the id of the write in the
     * comment field of the gzip header (RFC 1952), which every reader of gzip skips.
     */
    OF_CONTENT,

    /**
     * From a version or a counter, so that each write has its own. The content is stored as it is.
     * {@link ObjectGuard#verifyPreconditions} refuses a server that does not do so.
     */
    OF_WRITE
}

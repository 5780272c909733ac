package io.mandate.election.guard.http;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What to ask the server.
 *
 * @param upload what to write; null to read
 */
record ObjectRequest(URI uri, @Nullable Upload upload) {
    /**
     * A conditional write.
     *
     * @param lineage with the id of this write first
     * @param etag of the version it replaces; null if there must be none
     */
    record Upload(
            Content content,
            long token,
            Lineage lineage,
            @Nullable String etag) {}

    static ObjectRequest read(URI uri) {
        return new ObjectRequest(uri, null);
    }

    /** The object, for messages: without the query, where signatures stand. */
    static String name(URI uri) {
        return uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath();
    }
}

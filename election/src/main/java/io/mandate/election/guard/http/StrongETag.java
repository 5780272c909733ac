package io.mandate.election.guard.http;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The entity tags that may stand in a condition: RFC 9110, section 8.8.3. A weak one never matches there, and {@code *}
 * and lists would match too much.
 */
final class StrongETag {
    private static final Pattern FORM = Pattern.compile("\"[\\x21\\x23-\\x7e\\x80-\\xff]*\"");

    private StrongETag() {}

    /** What is wrong with it; empty if nothing. */
    static Optional<String> problem(String etag) {
        if (etag.startsWith("W/")) {
            return Optional.of(
                    "the ETag " + etag + " is weak, so versions that differ may have the same one and no write can"
                            + " be made conditional on it: use a server or path that gives strong ETags (a "
                            + "proxy that compresses"
                            + " answers makes them weak)");
        }
        if (!FORM.matcher(etag).matches()) {
            return Optional.of("the ETag " + etag
                    + " is not an entity tag in double quotes: RFC 9110, section 8.8.3, asks for them");
        }
        return Optional.empty();
    }
}

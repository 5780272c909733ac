package io.mandate.election.guard.http;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How a guard speaks to its server.
 *
 * @param metadataPrefix of the headers that the server keeps with an object
 * @param contentBytesMax of what is read or written; 1 to {@value #CONTENT_BYTES_LIMIT}
 * @param requestTimeout for one request and its answer
 * @param operationTimeout after which no request of an operation begins
 */
record ObjectGuardOptions(
        String metadataPrefix, ETags etags, int contentBytesMax, Duration requestTimeout, Duration operationTimeout) {
    static final String METADATA_PREFIX_DEFAULT = "x-amz-meta-mandate-";

    /** Longer ones eat up the 2 KB that S3 allows for all metadata. */
    static final int METADATA_PREFIX_LENGTH_MAX = 64;

    /** What a leader rewrites as a whole is a manifest or a checkpoint, not data. */
    static final int CONTENT_BYTES_DEFAULT = 8 << 20;

    /** An object is held in memory two to three times while it is written. */
    static final int CONTENT_BYTES_LIMIT = 256 << 20;

    /** Several tries fit in one operation. */
    static final Duration REQUEST_TIMEOUT_DEFAULT = Duration.ofSeconds(5);

    static final Duration OPERATION_TIMEOUT_DEFAULT = Duration.ofSeconds(30);

    /** Whoever waits longer for one object has no leader. */
    static final Duration TIMEOUT_LIMIT = Duration.ofHours(1);

    /** With random pauses between them, 100 lost races are more than dozens of writers at once cause. */
    static final int CONFLICTS_MAX = 100;

    /** Answers lost in one operation, after which the server counts as unreachable. */
    static final int LOSSES_MAX = 8;

    private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]*");

    ObjectGuardOptions {
        if (metadataPrefix.length() > METADATA_PREFIX_LENGTH_MAX
                || !HEADER_NAME.matcher(metadataPrefix).matches()) {
            throw new IllegalArgumentException("the metadata prefix '" + metadataPrefix
                    + "' is not 1 to " + METADATA_PREFIX_LENGTH_MAX
                    + " letters, digits and hyphens: give the beginning of"
                    + " headers that the server keeps, such as " + METADATA_PREFIX_DEFAULT);
        }
        if (contentBytesMax < 1 || contentBytesMax > CONTENT_BYTES_LIMIT) {
            throw new IllegalArgumentException(
                    "a limit of " + contentBytesMax + " bytes is not between 1 and " + CONTENT_BYTES_LIMIT
                            + ": objects are held in memory; guard a small one that names the large ones");
        }
        requireTimeout("request timeout", requestTimeout);
        requireTimeout("operation timeout", operationTimeout);
    }

    private static void requireTimeout(String name, Duration timeout) {
        if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(TIMEOUT_LIMIT) > 0) {
            throw new IllegalArgumentException("the " + name + " " + timeout + " is not between 1 ms and "
                    + TIMEOUT_LIMIT + ": choose less than the time a term goes on after a renewal");
        }
    }

    String tokenHeader() {
        return metadataPrefix + "token";
    }

    String writesHeader() {
        return metadataPrefix + "writes";
    }

    /** What a server may store for the largest content: gzip adds a little to what it cannot make smaller. */
    int storedBytesMax() {
        return contentBytesMax + contentBytesMax / 1000 + 1024;
    }
}

/** De-duplication of requests (S3): the first outcome of each request that a client may send again. */
@NullMarked
package io.mandate.keyspace.dedup;

import org.jspecify.annotations.NullMarked;

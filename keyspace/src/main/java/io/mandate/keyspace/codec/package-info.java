/**
 * Requests and outcomes as bytes: in the log, between nodes, and in snapshots. Decoding trusts no length and no count.
 */
@NullMarked
package io.mandate.keyspace.codec;

import org.jspecify.annotations.NullMarked;

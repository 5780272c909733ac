/**
 * A keyspace as a stream of records: written while the keyspace changes, read back, and hashed to compare replicas
 * (S4).
 */
@NullMarked
package io.mandate.keyspace.snapshot;

import org.jspecify.annotations.NullMarked;

/**
 * Versions of keys, the index over them, the history of changes, and leases with their keys. One writer, any number of
 * readers without locks.
 */
@NullMarked
package io.mandate.keyspace.index;

import org.jspecify.annotations.NullMarked;

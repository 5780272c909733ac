/**
 * The state of a keyspace, and its one writer: {@link io.mandate.keyspace.state.Applier} executes commands,
 * {@link io.mandate.keyspace.state.Draft} collects the changes of the next revision, and
 * {@link io.mandate.keyspace.state.Trimmer} removes compacted versions.
 */
@NullMarked
package io.mandate.keyspace.state;

import org.jspecify.annotations.NullMarked;

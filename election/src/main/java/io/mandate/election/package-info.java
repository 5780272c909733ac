/**
 * Leader election whose leader knows when it ends.
 *
 * <p>{@link io.mandate.election.Election} is where to begin. Work that must be done by one process at a time gets a
 * {@link io.mandate.election.Term}, and hands it to the {@linkplain io.mandate.election.guard guard} of what it
 * changes.
 */
@NullMarked
package io.mandate.election;

import org.jspecify.annotations.NullMarked;

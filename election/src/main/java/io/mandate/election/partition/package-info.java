/**
 * A leader for every partition of a workload, spread over its members.
 *
 * <p>{@link io.mandate.election.partition.PartitionedWorkload} is where to begin. Who should own what is decided in
 * {@code plan}, what a member does about it in {@code membership}; both are pure. Who owns a partition is decided by
 * its election, as everywhere.
 */
@NullMarked
package io.mandate.election.partition;

import org.jspecify.annotations.NullMarked;

/**
 * The resource's half of an election: each guard refuses a writer whose token is smaller than the largest it has seen,
 * atomically with the write.
 *
 * <p>Without a guard, a leader that was paused between its last look at the deadline and its write overwrites its
 * successor's work, whatever the election does.
 */
@NullMarked
package io.mandate.election.guard;

import org.jspecify.annotations.NullMarked;

/**
 * Which member of a workload should own which partition: a pure function of the members there are and of who owned what
 * before.
 */
@NullMarked
package io.mandate.election.internal.plan;

import org.jspecify.annotations.NullMarked;

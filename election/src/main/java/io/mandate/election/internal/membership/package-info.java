/**
 * What one member of a partitioned workload does, and when: plan, campaign, give away, leave.
 *
 * <p>{@link io.mandate.election.internal.membership.Membership} decides, and is pure: what happened comes in with the
 * time it happened, what must be done goes out.
 */
@NullMarked
package io.mandate.election.internal.membership;

import org.jspecify.annotations.NullMarked;

/**
 * One candidate of one election: in the queue of candidates, leading, and out of it again.
 *
 * <p>{@link io.mandate.election.internal.candidacy.Candidacy} decides, and is pure: what happened comes in with the
 * time it happened, what must be done goes out.
 */
@NullMarked
package io.mandate.election.internal.candidacy;

import org.jspecify.annotations.NullMarked;

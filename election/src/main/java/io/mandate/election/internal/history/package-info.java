/** Who led an election, when, and why it ended: kept in the store beside it, for people. Nothing is decided by it. */
@NullMarked
package io.mandate.election.internal.history;

import org.jspecify.annotations.NullMarked;

/** Lease expiry and renewal. Only the leader keeps the deadlines, and renewals are never written to the log. */
@NullMarked
package io.mandate.server.lease;

import org.jspecify.annotations.NullMarked;

/**
 * The time of leases: who renews, what expires. The leader alone keeps it, and no renewal is ever written to the log.
 */
@NullMarked
package io.mandate.server.lease;

import org.jspecify.annotations.NullMarked;

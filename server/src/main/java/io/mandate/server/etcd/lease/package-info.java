/** The Lease service. */
@NullMarked
package io.mandate.server.etcd.lease;

import org.jspecify.annotations.NullMarked;

/**
 * Clusters of real server processes on loopback, etcd's or Mandate's by the same flags: start, signal, restart, wipe,
 * measure.
 */
@NullMarked
package io.mandate.verify.process;

import org.jspecify.annotations.NullMarked;

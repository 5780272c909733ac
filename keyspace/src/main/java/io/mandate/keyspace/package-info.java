/**
 * The deterministic state machine of the store: what a command does to the data, and what can be read of it.
 *
 * <p>Pure: no I/O, threads, clocks, randomness or loggers in here. Time is not known; what must happen next (notify
 * watchers, mind a lease) is returned. {@link io.mandate.keyspace.Keyspace} is the entrance.
 */
@NullMarked
package io.mandate.keyspace;

import org.jspecify.annotations.NullMarked;

/** The deterministic state machine: what a command does to the data. No I/O, threads, clocks or loggers. */
@NullMarked
package io.mandate.keyspace;

import org.jspecify.annotations.NullMarked;

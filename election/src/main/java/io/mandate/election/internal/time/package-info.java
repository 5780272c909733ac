/** The two clocks of a process, and the loop that its elections run on: handed in, so that tests can own time. */
@NullMarked
package io.mandate.election.internal.time;

import org.jspecify.annotations.NullMarked;

/** A POSIX file system in memory, for files whose writers a simulation stops between any two calls. */
@NullMarked
package io.mandate.verify.simulation.disk;

import org.jspecify.annotations.NullMarked;

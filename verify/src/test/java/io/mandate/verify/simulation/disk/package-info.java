/** Whether the simulated disk does what a real one does. */
@NullMarked
package io.mandate.verify.simulation.disk;

import org.jspecify.annotations.NullMarked;

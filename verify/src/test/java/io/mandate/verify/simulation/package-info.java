/**
 * The election library as it is, on simulated processes and a simulated store: one thread, one seed, everything that
 * may go wrong.
 */
@NullMarked
package io.mandate.verify.simulation;

import org.jspecify.annotations.NullMarked;

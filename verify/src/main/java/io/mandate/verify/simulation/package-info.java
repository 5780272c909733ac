/**
 * The election library as it is, on simulated processes and a simulated store, with its guards of files and of
 * databases: one thread, one seed, everything that may go wrong.
 */
@NullMarked
package io.mandate.verify.simulation;

import org.jspecify.annotations.NullMarked;

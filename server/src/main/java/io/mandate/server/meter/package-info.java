/** Metrics: counters, histograms and their text format. */
@NullMarked
package io.mandate.server.meter;

import org.jspecify.annotations.NullMarked;

/** Load in a closed loop, and meters of processor time and memory: what measurements are made of. */
@NullMarked
package io.mandate.bench.harness;

import org.jspecify.annotations.NullMarked;

/** Faults on real clusters under load, and the checker that judges what the clients saw. */
@NullMarked
package io.mandate.verify.faults;

import org.jspecify.annotations.NullMarked;

/**
 * What the parts of the library share and its users do not see: the way from a {@link io.mandate.election.Term} to what
 * is behind it, and the clocks of the test kit.
 */
@NullMarked
package io.mandate.election.internal;

import org.jspecify.annotations.NullMarked;

/** Load generators and the side-by-side runner. */
@NullMarked
package io.mandate.bench;

import org.jspecify.annotations.NullMarked;

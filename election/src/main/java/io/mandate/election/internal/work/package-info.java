/** The threads that run work, so that work which would wait for itself is refused. */
@NullMarked
package io.mandate.election.internal.work;

import org.jspecify.annotations.NullMarked;

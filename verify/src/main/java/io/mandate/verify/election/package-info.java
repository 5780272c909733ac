/** Real processes that lead and are stopped, on each guard and without one. */
@NullMarked
package io.mandate.verify.election;

import org.jspecify.annotations.NullMarked;

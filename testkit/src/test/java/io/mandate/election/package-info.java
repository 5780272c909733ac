/** Here, and not in the module of what is tested, because the test kit depends on that. */
@NullMarked
package io.mandate.election;

import org.jspecify.annotations.NullMarked;

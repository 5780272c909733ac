/** A node: assembles and configures the other packages. */
@NullMarked
package io.mandate.server;

import org.jspecify.annotations.NullMarked;

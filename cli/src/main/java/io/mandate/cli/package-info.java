/** The {@code mandate} command: running nodes, looking into a store, showing what it does. */
@NullMarked
package io.mandate.cli;

import org.jspecify.annotations.NullMarked;

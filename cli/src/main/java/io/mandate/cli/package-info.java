/** The {@code mandate} command. */
@NullMarked
package io.mandate.cli;

import org.jspecify.annotations.NullMarked;

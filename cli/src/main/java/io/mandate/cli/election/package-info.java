/** Commands that take part in elections or show them. */
@NullMarked
package io.mandate.cli.election;

import org.jspecify.annotations.NullMarked;

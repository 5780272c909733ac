/** Counting what is done, and telling it as text. */
@NullMarked
package io.mandate.server.meter;

import org.jspecify.annotations.NullMarked;

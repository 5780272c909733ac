/** A thread that several parts of a node share, so that their number does not grow with that of the groups. */
@NullMarked
package io.mandate.server.loop;

import org.jspecify.annotations.NullMarked;

/**
 * A thread shared by several components of a node, so that the number of threads does not grow with the number of
 * groups.
 */
@NullMarked
package io.mandate.server.loop;

import org.jspecify.annotations.NullMarked;

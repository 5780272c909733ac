/** A node and how it is put together. */
@NullMarked
package io.mandate.server;

import org.jspecify.annotations.NullMarked;

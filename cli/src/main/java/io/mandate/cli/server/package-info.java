/** Commands that run a node, and where their settings come from. */
@NullMarked
package io.mandate.cli.server;

import org.jspecify.annotations.NullMarked;

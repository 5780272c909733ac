/** Commands that talk to a running store: for people, aligned tables; for scripts, {@code --json}. */
@NullMarked
package io.mandate.cli.client;

import org.jspecify.annotations.NullMarked;

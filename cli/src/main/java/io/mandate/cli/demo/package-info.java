/**
 * {@code mandate demo}: a cluster and candidates as processes, and a leader that is stopped in the middle of a write.
 */
@NullMarked
package io.mandate.cli.demo;

import org.jspecify.annotations.NullMarked;

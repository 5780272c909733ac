/** {@code mandate demo}: a cluster of processes, rivals, a dead leader, and the proof that nothing was lost. */
@NullMarked
package io.mandate.cli.demo;

import org.jspecify.annotations.NullMarked;

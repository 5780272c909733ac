/**
 * Time that a test owns: one timeline, and on it processes with clocks of their own, that can be paused and suspended.
 */
@NullMarked
package io.mandate.testkit.time;

import org.jspecify.annotations.NullMarked;

/**
 * For tests of what is led: stores that live in memory and misbehave on demand, and the suite that every store adapter
 * must pass.
 */
@NullMarked
package io.mandate.testkit;

import org.jspecify.annotations.NullMarked;

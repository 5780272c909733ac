/**
 * When work is to run by the clock: pure, and given the time. {@link io.mandate.election.Election#schedule} runs it.
 */
@NullMarked
package io.mandate.election.internal.schedule;

import org.jspecify.annotations.NullMarked;

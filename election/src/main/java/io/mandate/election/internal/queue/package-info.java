/** How elections stand in a store: what they may be called, which keys are their candidates', and who is first. */
@NullMarked
package io.mandate.election.internal.queue;

import org.jspecify.annotations.NullMarked;

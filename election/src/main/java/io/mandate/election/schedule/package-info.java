/** Work that runs by the clock, on whoever leads. */
@NullMarked
package io.mandate.election.schedule;

import org.jspecify.annotations.NullMarked;

/** What stands in the store. */
@NullMarked
package io.mandate.election.partition;

import org.jspecify.annotations.NullMarked;

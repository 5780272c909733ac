/** Stores around stores: checks at the entrance, batches per turn of a loop, and the records of emulated leases. */
@NullMarked
package io.mandate.election.internal.store;

import org.jspecify.annotations.NullMarked;

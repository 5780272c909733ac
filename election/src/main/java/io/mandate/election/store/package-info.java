/**
 * What a store has to offer so that elections can be held in it, and how a store that keeps no leases is made to.
 *
 * <p>An adapter implements {@link io.mandate.election.store.LeaseStore} if its store ends leases by itself, and the
 * smaller {@link io.mandate.election.store.CasStore} if it does not.
 */
@NullMarked
package io.mandate.election.store;

import org.jspecify.annotations.NullMarked;

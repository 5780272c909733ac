/**
 * One lease of one process in one store: kept alive, and known to have ended no later than the store knows it.
 *
 * <p>{@link io.mandate.election.internal.session.Session} decides, and is pure: what happened comes in with the time it
 * happened, what must be done goes out. Threads, clocks and the store belong to the drivers around it.
 */
@NullMarked
package io.mandate.election.internal.session;

import org.jspecify.annotations.NullMarked;

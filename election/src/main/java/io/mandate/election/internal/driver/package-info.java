/**
 * Drivers: they execute the effects of the state machines on one loop per store, and run the work of users on other
 * threads.
 */
@NullMarked
package io.mandate.election.internal.driver;

import org.jspecify.annotations.NullMarked;

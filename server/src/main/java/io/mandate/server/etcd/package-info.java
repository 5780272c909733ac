/**
 * The etcd v3 door: one small class per service or closely related group of operations; translates, refuses by name,
 * decides nothing.
 */
@NullMarked
package io.mandate.server.etcd;

import org.jspecify.annotations.NullMarked;

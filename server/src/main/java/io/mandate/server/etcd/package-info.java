/**
 * The etcd v3 API: one small class per service or closely related group of operations. Services validate and translate;
 * the keyspace decides.
 */
@NullMarked
package io.mandate.server.etcd;

import org.jspecify.annotations.NullMarked;

/** The KV service: ranges, puts, deletes, transactions and compactions. */
@NullMarked
package io.mandate.server.etcd.kv;

import org.jspecify.annotations.NullMarked;

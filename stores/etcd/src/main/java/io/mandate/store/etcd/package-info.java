/** The election library's store on Mandate, on etcd from 3.4 on, and on a node in the same JVM. */
@NullMarked
package io.mandate.store.etcd;

import org.jspecify.annotations.NullMarked;

/** The Watch service. */
@NullMarked
package io.mandate.server.etcd.watch;

import org.jspecify.annotations.NullMarked;

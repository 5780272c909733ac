/** The Election and the Lock service: recipes of etcd's concurrency package, executed by the server. */
@NullMarked
package io.mandate.server.etcd.recipes;

import org.jspecify.annotations.NullMarked;

/** Watches: delivers the keyspace's history to many watchers, each at its own pace, in bounded memory (S5). */
@NullMarked
package io.mandate.server.watch;

import org.jspecify.annotations.NullMarked;

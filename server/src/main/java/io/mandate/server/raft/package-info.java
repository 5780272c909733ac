/**
 * Replication of the keyspace by Raft: commands in, outcomes out. Only this package and those below it use the engine's
 * classes.
 */
@NullMarked
package io.mandate.server.raft;

import org.jspecify.annotations.NullMarked;

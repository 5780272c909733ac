/**
 * Replication of the keyspace: commands in, outcomes out, by Raft. The engine's classes are named in this package and
 * below it, nowhere else.
 */
@NullMarked
package io.mandate.server.raft;

import org.jspecify.annotations.NullMarked;

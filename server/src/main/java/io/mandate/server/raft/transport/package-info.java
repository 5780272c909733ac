/**
 * The connections between the nodes of a cluster: one frame format for the engine's messages and our own, one client
 * for all groups. Replaces the engine's own transport behind its RPC interface (docs/decisions/003).
 */
@NullMarked
package io.mandate.server.raft.transport;

import org.jspecify.annotations.NullMarked;

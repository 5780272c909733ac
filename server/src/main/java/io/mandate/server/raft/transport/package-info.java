/**
 * Connections between the nodes of a cluster: one frame format for the engine's messages and for our own, one client
 * for all groups. Takes the place of the engine's own transport behind its RPC seam (docs/decisions/003).
 */
@NullMarked
package io.mandate.server.raft.transport;

import org.jspecify.annotations.NullMarked;

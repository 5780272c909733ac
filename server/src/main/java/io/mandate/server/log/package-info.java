/**
 * The log of a node: entries of all its Raft groups, appended to segment files and forced together. It knows groups,
 * indexes and bytes; what they mean is its users' affair.
 */
@NullMarked
package io.mandate.server.log;

import org.jspecify.annotations.NullMarked;

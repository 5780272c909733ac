/**
 * The log of a node: entries of all its Raft groups, appended to segment files and forced together. Entries are opaque
 * bytes.
 */
@NullMarked
package io.mandate.server.log;

import org.jspecify.annotations.NullMarked;

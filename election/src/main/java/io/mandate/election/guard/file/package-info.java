/**
 * A file that only the leader of the present can change. {@link io.mandate.election.guard.file.VersionedFile} is the
 * way in, and its comment has the algorithm.
 */
@NullMarked
package io.mandate.election.guard.file;

import org.jspecify.annotations.NullMarked;

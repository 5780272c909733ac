/** A file that only the leader of the present can change. */
@NullMarked
package io.mandate.election.guard.file;

import org.jspecify.annotations.NullMarked;

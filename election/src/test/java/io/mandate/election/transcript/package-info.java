/**
 * Elections as text: scripts of what happens to two candidates, with every event and effect of their state machines.
 * The files are in {@code src/test/resources/transcripts}.
 */
@NullMarked
package io.mandate.election.transcript;

import org.jspecify.annotations.NullMarked;

package io.mandate.election;

import java.time.Instant;
import java.util.Optional;

/**
 * A term, as those who took part wrote it down. Times are of the leaders' own wall clocks.
 *
 * @param token the fencing token
 * @param candidate who led
 * @param from when the leader learned that it leads
 * @param to when the leader learned that it does not; empty while it leads, and for ever if it could not write it down
 * @param why why it ended; empty with {@code to}
 */
public record TermRecord(long token, String candidate, Instant from, Optional<Instant> to, Optional<TermEnd> why) {}

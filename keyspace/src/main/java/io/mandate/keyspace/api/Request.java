package io.mandate.keyspace.api;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A command and, if the client wants it applied once however often it is sent, its id (S3). */
public record Request(Command command, @Nullable RequestId id) {

    /** A request that is applied as often as it is sent. */
    public static Request of(Command command) {
        return new Request(command, null);
    }

    public Optional<RequestId> idIfGiven() {
        return Optional.ofNullable(id);
    }

    /**
     * Names one request of one session.
     *
     * @param sessionId a live lease of the client: its answers are kept as long as the lease lives, so that forgetting
     *     them is itself a replicated decision and can never let a late retry through
     * @param sequence from 1, growing by request; answers of the latest {@link KeyspaceLimits#answersPerSessionMax}
     *     numbers are kept
     */
    public record RequestId(long sessionId, long sequence) {
        public RequestId {
            if (sequence < 1) {
                throw new IllegalArgumentException("request sequence " + sequence + " is below 1");
            }
        }
    }
}

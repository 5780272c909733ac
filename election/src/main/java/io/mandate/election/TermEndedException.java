package io.mandate.election;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The term is over, or ends before the next step would be done. What was begun must not be finished. */
public final class TermEndedException extends ElectionException {
    private static final long serialVersionUID = 1L;

    private final @Nullable TermEnd reason;

    /** @param reason null if the term is not over yet, but too short */
    public TermEndedException(String message, @Nullable TermEnd reason) {
        super(message);
        this.reason = reason;
    }

    /** Why it is over; empty if it is not, but what remains is less than was asked for. */
    public Optional<TermEnd> reason() {
        return Optional.ofNullable(reason);
    }
}

package io.mandate.election;

/**
 * How a candidate fares.
 *
 * @param state what it does
 * @param storeFailure what the store last failed with; empty if it answered since
 */
public record ElectionHealth(State state, String storeFailure) {
    /** What a candidate does. */
    public enum State {
        /** It does not campaign. */
        NOT_CAMPAIGNING,
        /** It waits to lead, or to lead again. */
        CAMPAIGNING,
        /** It leads. For a licence to act there is {@link Term#requireValid}. */
        LEADING
    }
}

package io.mandate.election;

/**
 * How a candidate fares.
 *
 * @param standing what it does
 * @param storeFailure what the store last failed with; empty if it answered since
 */
public record ElectionHealth(Standing standing, String storeFailure) {
    /** What a candidate does. */
    public enum Standing {
        /** It does not campaign. */
        OUT,
        /** It waits to lead, or to lead again. */
        CAMPAIGNING,
        /** It leads. For a licence to act there is {@link Term#requireValid}. */
        LEADING
    }
}

package io.mandate.election.session;

/** What happened to a session. */
public sealed interface SessionEvent {
    /** The holder wants a lease. */
    record Open() implements SessionEvent {}

    /**
     * The store granted a lease.
     *
     * @param attempt of the {@link SessionEffect.Grant} that this answers
     * @param ttlMillis as granted, which may be other than asked for
     */
    record Granted(long attempt, long leaseId, long ttlMillis) implements SessionEvent {}

    /**
     * The store renewed the lease.
     *
     * @param attempt of the {@link SessionEffect.Renew} that this answers
     */
    record Renewed(long attempt, long ttlMillis) implements SessionEvent {}

    /**
     * The store has no such lease.
     *
     * @param attempt of the {@link SessionEffect.Renew} that this answers
     */
    record Gone(long attempt) implements SessionEvent {}

    /**
     * A request failed, and nobody knows whether it took effect.
     *
     * @param attempt of the {@link SessionEffect.Grant} or {@link SessionEffect.Renew}
     */
    record Failed(long attempt) implements SessionEvent {}

    /**
     * Time has passed. To be told at the moment of the last {@link SessionEffect.WakeAt}, and harmless at any other.
     */
    record Tick() implements SessionEvent {}

    /** The holder wants no lease any more. */
    record Close() implements SessionEvent {}
}

package io.mandate.server.lease;

/**
 * The time to live of a lease.
 *
 * @param remainingMillis the time until it may expire, as the leader sees it; negative if there is no such lease
 * @param grantedMillis the time to live that a renewal restores; 0 if there is no such lease
 */
public record LeaseTime(long remainingMillis, long grantedMillis) {
    public static final LeaseTime NOT_FOUND = new LeaseTime(-1, 0);

    public boolean isNotFound() {
        return remainingMillis < 0;
    }
}

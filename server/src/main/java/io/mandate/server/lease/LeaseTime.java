package io.mandate.server.lease;

/**
 * How long a lease has.
 *
 * @param remainingMillis until it may expire, as the leader sees it; negative if there is no such lease
 * @param grantedMillis what a renewal sets it to; 0 if there is no such lease
 */
public record LeaseTime(long remainingMillis, long grantedMillis) {
    public static final LeaseTime GONE = new LeaseTime(-1, 0);

    public boolean isGone() {
        return remainingMillis < 0;
    }
}

package io.mandate.election.internal.membership;

/**
 * How a member takes part.
 *
 * @param member its name
 * @param settleNanos how long the members must have been the same before a plan is made for them
 * @param pollNanos how often to look without being told: what a lost hint costs at most
 * @param answerNanosMax after which a request without an answer is sent again
 * @param retryNanos how long a partition is left alone whose work returned though nobody asked it to
 * @param handOverNanosMax how long a member that leaves waits for others to be given its partitions, before it lets
 *     them go
 */
public record MembershipOptions(
        String member, long settleNanos, long pollNanos, long answerNanosMax, long retryNanos, long handOverNanosMax) {}

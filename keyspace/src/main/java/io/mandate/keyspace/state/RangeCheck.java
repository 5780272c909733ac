package io.mandate.keyspace.state;

import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.TxnOperation;
import org.jspecify.annotations.Nullable;

/**
 * Whether the revision a range asks for can be read.
 *
 * <p>Inside a transaction etcd takes 0 alone for "latest" in this check, so that a negative revision counts as
 * compacted once there was a compaction, and -1 is always good; outside, everything up to 0 is the latest.
 */
public record RangeCheck(long revision, long compactedRevision) implements TxnBranches.Check {

    @Override
    public Outcome.Refused.@Nullable Reason refusalOf(TxnOperation operation) {
        if (!(operation instanceof TxnOperation.Range range) || range.revision() == 0) {
            return null;
        }
        return refusalOf(range.revision());
    }

    public Outcome.Refused.@Nullable Reason refusalOf(long asked) {
        if (asked > revision) {
            return Outcome.Refused.Reason.REVISION_IN_FUTURE;
        }
        return asked < compactedRevision ? Outcome.Refused.Reason.REVISION_COMPACTED : null;
    }
}

package io.mandate.election.internal.store;

/**
 * A lease in a record that others may use after it.
 *
 * @param leaseId distinguishes the leases of one record: grows from one to the next
 * @param renewals only so that each renewal writes something else
 * @param lives false for what is left of a lease that has ended
 */
record LeaseRecord(long leaseId, long ttlMillis, long renewals, boolean lives) {
    private static final String KIND = "mandate-lease-1";

    LeaseRecord renewed() {
        return new LeaseRecord(leaseId, ttlMillis, renewals + 1, lives);
    }

    LeaseRecord ended() {
        return new LeaseRecord(leaseId, ttlMillis, renewals, false);
    }

    String content() {
        return new RecordText.Writer()
                .text(KIND)
                .number(leaseId)
                .number(ttlMillis)
                .number(renewals)
                .number(lives ? 1 : 0)
                .toString();
    }

    /** @throws IllegalArgumentException if it is something else */
    static LeaseRecord of(String content) {
        RecordText.Reader reader = new RecordText.Reader(content);
        String kind = reader.text();
        if (!kind.equals(KIND)) {
            throw new IllegalArgumentException("it is of the kind " + kind + " and not " + KIND);
        }
        return new LeaseRecord(reader.number(), reader.number(), reader.number(), reader.number() == 1);
    }
}

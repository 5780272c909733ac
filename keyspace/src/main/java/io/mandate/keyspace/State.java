package io.mandate.keyspace;

import java.util.List;

/**
 * Everything a keyspace consists of. One writer changes it; readers see what belongs to {@link #revision()}, which is
 * published when all changes of the revision are in place.
 */
final class State {
    final KeyIndex index = new KeyIndex();
    final History history = new History();
    final LongTable<LeaseEntry> leases = new LongTable<>();
    final ClientSessions sessions;
    final Pins pins = new Pins();

    private volatile long revision = 1;
    private volatile long compactedRevision = -1;
    private volatile long cutRevision = -1;
    private volatile long trimmedRevision = -1;
    private volatile long sizeBytes;
    private volatile long sizeInUseBytes;
    private volatile long appliedIndex;
    private volatile long appliedTerm;
    private volatile List<Alarm> alarms = List.of();
    private volatile List<Member> members = List.of();
    private long grants;

    State(KeyspaceLimits limits) {
        this.sessions = new ClientSessions(limits);
    }

    long revision() {
        return revision;
    }

    void publish(long newRevision) {
        revision = newRevision;
    }

    long compactedRevision() {
        return compactedRevision;
    }

    void compactedRevision(long newRevision) {
        compactedRevision = newRevision;
    }

    /**
     * How far superseded data is gone or going: published before the first piece is cut, so a reader at or above it has
     * missed nothing.
     */
    long cutRevision() {
        return cutRevision;
    }

    void cutRevision(long newRevision) {
        cutRevision = newRevision;
    }

    long trimmedRevision() {
        return trimmedRevision;
    }

    void trimmedRevision(long newRevision) {
        trimmedRevision = newRevision;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    void sizes(long newSizeBytes, long newSizeInUseBytes) {
        sizeBytes = newSizeBytes;
        sizeInUseBytes = newSizeInUseBytes;
    }

    long sizeInUseBytes() {
        return sizeInUseBytes;
    }

    long appliedIndex() {
        return appliedIndex;
    }

    long appliedTerm() {
        return appliedTerm;
    }

    void applied(long index, long term) {
        appliedTerm = term;
        appliedIndex = index;
    }

    /** Sorted by member, then kind. */
    List<Alarm> alarms() {
        return alarms;
    }

    void alarms(List<Alarm> newAlarms) {
        alarms = List.copyOf(newAlarms);
    }

    boolean hasAlarm(Alarm.Kind kind) {
        for (Alarm alarm : alarms) {
            if (alarm.kind() == kind) {
                return true;
            }
        }
        return false;
    }

    /** Sorted by id. */
    List<Member> members() {
        return members;
    }

    void members(List<Member> newMembers) {
        members = List.copyOf(newMembers);
    }

    /** Accounts for a version just put on top of its key: sizes, and the lease it joins or leaves. Writer only. */
    void settle(Version version) {
        Version older = version.older();
        Version replaced = older == null || older.isTombstone() ? null : older;
        long inUseBytes =
                (version.isTombstone() ? 0 : version.sizeBytes()) - (replaced == null ? 0 : replaced.sizeBytes());
        sizes(sizeBytes + version.sizeBytes(), sizeInUseBytes + inUseBytes);
        long leaseBefore = replaced == null ? 0 : replaced.leaseId();
        if (leaseBefore != version.leaseId()) {
            LeaseEntry left = leaseBefore == 0 ? null : leases.get(leaseBefore);
            if (left != null) {
                left.detach(version.key());
            }
            LeaseEntry joined = version.leaseId() == 0 ? null : leases.get(version.leaseId());
            if (joined != null) {
                joined.attach(version.key());
            }
        }
    }

    /** Leases granted so far. Writer only. */
    long grants() {
        return grants;
    }

    void grants(long newGrants) {
        grants = newGrants;
    }
}

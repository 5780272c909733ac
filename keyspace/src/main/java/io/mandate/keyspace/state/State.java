package io.mandate.keyspace.state;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.dedup.ClientSessions;
import io.mandate.keyspace.index.History;
import io.mandate.keyspace.index.KeyIndex;
import io.mandate.keyspace.index.LeaseEntry;
import io.mandate.keyspace.index.LongTable;
import io.mandate.keyspace.index.Pins;
import io.mandate.keyspace.index.Version;
import java.util.List;

/**
 * Everything a keyspace consists of. One writer changes it; readers see what belongs to {@link #revision()}, which is
 * published when all changes of the revision are in place.
 */
public final class State {
    public final KeyIndex index = new KeyIndex();
    public final History history = new History();
    public final LongTable<LeaseEntry> leases = new LongTable<>();
    public final ClientSessions sessions;
    public final Pins pins = new Pins();

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

    public State(KeyspaceLimits limits) {
        this.sessions = new ClientSessions(limits);
    }

    public long revision() {
        return revision;
    }

    public void publish(long newRevision) {
        revision = newRevision;
    }

    public long compactedRevision() {
        return compactedRevision;
    }

    public void compactedRevision(long newRevision) {
        compactedRevision = newRevision;
    }

    /**
     * How far superseded data is gone or going: published before the first piece is cut, so a reader at or above it has
     * missed nothing.
     */
    public long cutRevision() {
        return cutRevision;
    }

    public void cutRevision(long newRevision) {
        cutRevision = newRevision;
    }

    public long trimmedRevision() {
        return trimmedRevision;
    }

    public void trimmedRevision(long newRevision) {
        trimmedRevision = newRevision;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    void sizes(long newSizeBytes, long newSizeInUseBytes) {
        sizeBytes = newSizeBytes;
        sizeInUseBytes = newSizeInUseBytes;
    }

    public long sizeInUseBytes() {
        return sizeInUseBytes;
    }

    public long appliedIndex() {
        return appliedIndex;
    }

    public long appliedTerm() {
        return appliedTerm;
    }

    public void applied(long index, long term) {
        appliedTerm = term;
        appliedIndex = index;
    }

    /** Sorted by member, then kind. */
    public List<Alarm> alarms() {
        return alarms;
    }

    public void alarms(List<Alarm> newAlarms) {
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
    public List<Member> members() {
        return members;
    }

    public void members(List<Member> newMembers) {
        members = List.copyOf(newMembers);
    }

    /** Accounts for a version just put on top of its key: sizes, and the lease it joins or leaves. Writer only. */
    public void settle(Version version) {
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
    public long grants() {
        return grants;
    }

    public void grants(long newGrants) {
        grants = newGrants;
    }
}

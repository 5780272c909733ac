package io.mandate.keyspace.index;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.state.State;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One change of one key: a put, or a delete (a tombstone, without a value). The versions of a key form a chain from the
 * newest to the oldest kept; all share one key array.
 *
 * <p>Memory is the limit on the size of a keyspace, and versions are most of it. Hence four layouts: a key put once has
 * nothing to say but its value and revision (32 bytes beside the arrays), one put again (48) or leased (40) has more,
 * both together (56) most. The arrays are those that came with the request and are handed out again by reads: neither
 * writing nor reading copies a value.
 *
 * <p>Readers follow {@link #older} while the trimmer cuts it; a reader that meets a cut finds out afterwards from
 * {@link State#cutRevision()}, which is published before, hence the release and acquire.
 */
public class Version {
    /**
     * What an entry takes up beside key and value: object, two array headers, index node, history reference. See
     * docs/decisions/002.
     */
    public static final int OVERHEAD_BYTES = 100;

    private static final VarHandle OLDER;

    static {
        try {
            OLDER = MethodHandles.lookup().findVarHandle(Version.class, "older", Version.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final byte[] key;
    private final byte @Nullable [] value;

    @SuppressWarnings("UnusedVariable") // read through OLDER
    private @Nullable Version older;

    private final long modRevision;

    private Version(byte[] key, byte @Nullable [] value, long modRevision, @Nullable Version older) {
        this.key = key;
        this.value = value;
        this.modRevision = modRevision;
        this.older = older;
    }

    public static Version put(
            byte[] key,
            byte[] value,
            long modRevision,
            long createRevision,
            long version,
            long leaseId,
            @Nullable Version older) {
        if (createRevision == modRevision && version == 1) {
            return leaseId == 0
                    ? new Version(key, value, modRevision, older)
                    : new Leased(key, value, modRevision, older, leaseId);
        }
        return leaseId == 0
                ? new Rewritten(key, value, modRevision, older, createRevision, version)
                : new RewrittenLeased(key, value, modRevision, older, createRevision, version, leaseId);
    }

    public static Version tombstone(byte[] key, long modRevision, @Nullable Version older) {
        return new Version(key, null, modRevision, older);
    }

    public final byte[] key() {
        return key;
    }

    public final boolean isTombstone() {
        return value == null;
    }

    /** The value; empty for a tombstone. */
    public final byte[] value() {
        return value == null ? Bytes.EMPTY.sharedArray() : value;
    }

    public final long modRevision() {
        return modRevision;
    }

    public long createRevision() {
        return isTombstone() ? 0 : modRevision;
    }

    public long version() {
        return isTombstone() ? 0 : 1;
    }

    public long leaseId() {
        return 0;
    }

    public final @Nullable Version older() {
        return (Version) OLDER.getAcquire(this);
    }

    /** Lets go of everything older. Writer only, after {@link State#cutRevision()} says so. */
    public final void cutOlder() {
        OLDER.setRelease(this, null);
    }

    /** The newest of this and older versions that is not newer than {@code revision}; a tombstone counts. */
    public final @Nullable Version at(long revision) {
        Version version = this;
        while (version != null && version.modRevision > revision) {
            version = version.older();
        }
        return version;
    }

    /** As {@link #at}, null also where the key was deleted. */
    final @Nullable Version liveAt(long revision) {
        Version version = at(revision);
        return version == null || version.isTombstone() ? null : version;
    }

    public final long sizeBytes() {
        return (long) OVERHEAD_BYTES + key.length + (value == null ? 0 : value.length);
    }

    public final KeyValue toKeyValue() {
        return new KeyValue(
                Bytes.owning(key), Bytes.owning(value()), createRevision(), modRevision, version(), leaseId());
    }

    public final KeyValue toKeyOnly() {
        return new KeyValue(Bytes.owning(key), Bytes.EMPTY, createRevision(), modRevision, version(), leaseId());
    }

    /**
     * This change as watchers see it; {@code previous} is the key before the revision, even if the revision changed it
     * twice.
     */
    public final Event toEvent(@Nullable KeyValue previous) {
        return isTombstone()
                ? new Event(
                        Event.Type.DELETE, new KeyValue(Bytes.owning(key), Bytes.EMPTY, 0, modRevision, 0, 0), previous)
                : new Event(Event.Type.PUT, toKeyValue(), previous);
    }

    /**
     * The key before the revision of this change, if it existed and is kept. What created the key has none, as in etcd,
     * even if it also deleted the old one.
     */
    public final @Nullable KeyValue previous() {
        boolean created = !isTombstone() && createRevision() == modRevision;
        Version previous = created ? null : liveAt(modRevision - 1);
        return previous == null ? null : previous.toKeyValue();
    }

    private static final class Leased extends Version {
        private final long leaseId;

        Leased(byte[] key, byte[] value, long modRevision, @Nullable Version older, long leaseId) {
            super(key, value, modRevision, older);
            this.leaseId = leaseId;
        }

        @Override
        public long leaseId() {
            return leaseId;
        }
    }

    private static class Rewritten extends Version {
        private final long createRevision;
        private final long version;

        Rewritten(
                byte[] key,
                byte[] value,
                long modRevision,
                @Nullable Version older,
                long createRevision,
                long version) {
            super(key, value, modRevision, older);
            this.createRevision = createRevision;
            this.version = version;
        }

        @Override
        public final long createRevision() {
            return createRevision;
        }

        @Override
        public final long version() {
            return version;
        }
    }

    private static final class RewrittenLeased extends Rewritten {
        private final long leaseId;

        RewrittenLeased(
                byte[] key,
                byte[] value,
                long modRevision,
                @Nullable Version older,
                long createRevision,
                long version,
                long leaseId) {
            super(key, value, modRevision, older, createRevision, version);
            this.leaseId = leaseId;
        }

        @Override
        public long leaseId() {
            return leaseId;
        }
    }
}

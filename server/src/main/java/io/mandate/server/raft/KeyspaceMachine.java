package io.mandate.server.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.LeaderChangeContext;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import io.mandate.keyspace.Applied;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.KeyspaceLimits;
import io.mandate.keyspace.KeyspaceSnapshot;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.server.raft.transport.PeerVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's state machine: hands committed entries to the keyspace, on the engine's one thread for that, and tells
 * everybody what came of it. The lock makes sure of a single writer while the housekeeping trims.
 */
final class KeyspaceMachine extends StateMachineAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(KeyspaceMachine.class);

    /** History entries removed between two batches: well below a millisecond of work. */
    private static final int TRIM_STEPS = 1_000;

    /**
     * Commands applied before listeners are told of them: some entries' worth. What the engine hands over after a
     * restart, or to a node that lagged, may be the whole log, which must not be in memory as events all at once.
     */
    private static final int TOLD_AT_ONCE_MAX = 4_096;

    /** What is the log's has a better message; this is for the vote, which the engine keeps in a file of its own. */
    private static final String DISK_REMEDY =
            ". The log above says why. See to the disk, make room if it is full, and start the node again";

    /** What the machine tells the replica. */
    interface Observer {
        /**
         * So many commands more have been applied. How far that is, the keyspace knows, also where a snapshot was
         * loaded.
         */
        void applied(int commands);

        /** Who proposed what was applied up to {@code index} has been told, and may have proposed more. */
        void told(long index, long term);

        void leading(long term);

        void notLeading();

        void following(PeerId leader, long term);

        void leaderUnknown();

        void configurationCommitted(Configuration configuration);

        /** The engine has failed and serves no more. */
        void failed(String why);
    }

    private final int group;
    private final KeyspaceLimits limits;
    private final PeerVersions versions;
    private final Observer observer;
    private final Executor snapshots;
    private final List<StateMachineListener> listeners = new CopyOnWriteArrayList<>();
    private final ApplyMeters meters = new ApplyMeters();
    private final Object writer = new Object();
    private volatile Keyspace keyspace;
    private volatile boolean loading;

    /** @param versions of what is in the log that this node reads */
    KeyspaceMachine(int group, KeyspaceLimits limits, PeerVersions versions, Observer observer, Executor snapshots) {
        this.group = group;
        this.limits = limits;
        this.versions = versions;
        this.observer = observer;
        this.snapshots = snapshots;
        this.keyspace = new Keyspace(limits);
    }

    void addListener(StateMachineListener listener) {
        listeners.add(listener);
    }

    Keyspace keyspace() {
        return keyspace;
    }

    ApplyMeters meters() {
        return meters;
    }

    /** Whether a snapshot is being loaded. */
    boolean isLoading() {
        return loading;
    }

    /** What has been applied and not yet been told. */
    private static final class Untold {
        final List<Applied> applied = new ArrayList<>();
        final List<Runnable> ends = new ArrayList<>();
        long index;
        long term;

        boolean isFull() {
            return applied.size() >= TOLD_AT_ONCE_MAX;
        }
    }

    @Override
    public void onApply(Iterator entries) {
        while (entries.hasNext()) {
            Untold untold = new Untold();
            untold.term = entries.getTerm();
            String failure = null;
            synchronized (writer) {
                while (failure == null && entries.hasNext() && entries.getTerm() == untold.term && !untold.isFull()) {
                    failure = applyEntry(entries, untold);
                    if (failure == null) {
                        entries.next();
                    }
                }
                keyspace.trim(TRIM_STEPS);
            }
            tell(untold);
            if (failure != null) {
                // Neither passed over, which would make this replica another than the others, nor tried again.
                entries.setErrorAndRollback(1, new Status(RaftError.ESTATEMACHINE, "%s", failure));
                return;
            }
            observer.told(untold.index, untold.term);
        }
    }

    private void tell(Untold untold) {
        if (!untold.applied.isEmpty()) {
            for (StateMachineListener listener : listeners) {
                listener.applied(untold.term, untold.applied);
            }
            observer.applied(untold.applied.size());
            untold.ends.forEach(Runnable::run);
        }
    }

    /** Applies an entry, all of it or nothing that anybody is told of; the answer is why it could not, or null. */
    private @Nullable String applyEntry(Iterator entries, Untold untold) {
        RequestBatch own = entries.done() instanceof RequestBatch batch ? batch : null;
        List<Applied> applied = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        try {
            // A copy of the view: the engine sends this very buffer to others once this node leads.
            List<Request> requests = own != null
                    ? own.requests()
                    : RequestBatch.decode(entries.getData().duplicate(), versions);
            long startNanos = System.nanoTime();
            for (Request request : requests) {
                Applied result = keyspace.apply(entries.getIndex(), untold.term, request);
                long endNanos = System.nanoTime();
                meters.applied(request.command(), result, endNanos - startNanos);
                startNanos = endNanos;
                applied.add(result);
                outcomes.add(result.outcome());
            }
        } catch (RuntimeException | Error failed) {
            String what = "entry " + entries.getIndex() + " of group " + group + " cannot be applied: ";
            if (failed instanceof UnreadableBatchException) {
                LOG.error("entry-unreadable {}{}", what, failed.getMessage());
                return what + failed.getMessage();
            }
            LOG.error("apply-failed {}", what, failed);
            return what + failed;
        }
        untold.index = entries.getIndex();
        untold.applied.addAll(applied);
        if (own != null) {
            untold.ends.add(() -> own.succeed(outcomes));
        }
        return null;
    }

    /** Removes superseded data while nothing is applied. */
    void trim() {
        boolean more = true;
        while (more) {
            synchronized (writer) {
                more = keyspace.trim(TRIM_STEPS);
            }
        }
    }

    /** Takes the data as they are now. */
    KeyspaceSnapshot capture() {
        synchronized (writer) {
            return keyspace.capture();
        }
    }

    @Override
    public void onSnapshotSave(SnapshotWriter target, Closure done) {
        SnapshotFile file = new SnapshotFile(capture());
        snapshots.execute(() -> done.run(file.write(target)));
    }

    @Override
    public boolean onSnapshotLoad(SnapshotReader source) {
        loading = true;
        try {
            Keyspace loaded = SnapshotFile.read(source, limits);
            synchronized (writer) {
                keyspace = loaded;
            }
            LOG.info("snapshot-loaded group={} index={} revision={}", group, loaded.appliedIndex(), loaded.revision());
            listeners.forEach(StateMachineListener::restored);
            return true;
        } catch (RuntimeException damaged) {
            LOG.error(
                    "snapshot-unreadable group={} path={} cause=\"{}\"", group, source.getPath(), damaged.getMessage());
            observer.failed("the snapshot in " + source.getPath() + " cannot be read: " + damaged.getMessage());
            return false;
        } finally {
            loading = false;
        }
    }

    @Override
    public void onLeaderStart(long term) {
        LOG.info("leading group={} term={}", group, term);
        observer.leading(term);
        listeners.forEach(listener -> listener.leadershipGained(term));
    }

    @Override
    public void onLeaderStop(Status status) {
        LOG.info("not-leading group={} reason=\"{}\"", group, EngineReason.of(status));
        observer.notLeading();
        listeners.forEach(StateMachineListener::leadershipLost);
    }

    @Override
    public void onStartFollowing(LeaderChangeContext context) {
        LOG.info("following group={} leader={} term={}", group, context.getLeaderId(), context.getTerm());
        observer.following(context.getLeaderId(), context.getTerm());
    }

    @Override
    public void onStopFollowing(LeaderChangeContext context) {
        LOG.info(
                "leader-lost group={} leader={} reason=\"{}\"",
                group,
                context.getLeaderId(),
                EngineReason.of(context.getStatus()));
        observer.leaderUnknown();
    }

    @Override
    public void onConfigurationCommitted(Configuration configuration) {
        observer.configurationCommitted(configuration);
    }

    @Override
    public void onError(RaftException failure) {
        LOG.error("engine-failed group={} cause=\"{}\"", group, failure.getStatus());
        LOG.debug("engine-failed group={}", group, failure);
        observer.failed(
                failure.getStatus().getRaftError() == RaftError.EIO
                        ? failure.getStatus().getErrorMsg() + DISK_REMEDY
                        : String.valueOf(failure.getStatus()));
    }
}

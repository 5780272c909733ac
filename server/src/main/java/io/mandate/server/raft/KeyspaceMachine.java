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
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.server.raft.transport.PeerVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's state machine: applies committed entries to the keyspace, on the engine's apply thread, and notifies the
 * listeners. The lock ensures a single writer while housekeeping removes history.
 */
final class KeyspaceMachine extends StateMachineAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(KeyspaceMachine.class);

    /** History entries removed between two batches: well below a millisecond of work. */
    private static final int TRIM_STEPS = 1_000;

    /**
     * The commands applied before listeners are notified: those of a few entries. After a restart or a lag the engine
     * may deliver the whole log, whose events must not be in memory at once.
     */
    private static final int COMMANDS_PER_BATCH_MAX = 4_096;

    /**
     * For the file of term and vote, which the engine writes itself; failures of the log have a more specific message.
     */
    private static final String DISK_REMEDY =
            ". The log above has the cause. Repair the disk, or free space if it is full, and restart the node";

    /** Notifies the replica. */
    interface Observer {
        /**
         * {@code commands} more commands were applied. The keyspace has the applied index, also after a snapshot was
         * loaded.
         */
        void applied(int commands);

        /** The proposers were notified of everything applied up to {@code index}, and may have proposed more. */
        void published(long index, long term);

        void leading(long term);

        void notLeading();

        void following(PeerId leader, long term);

        void leaderUnknown();

        void configurationCommitted(Configuration configuration);

        /** The engine has failed and is unusable. */
        void failed(String reason);
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

    /** @param versions the versions of log entries that this node reads */
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

    /** Commands that were applied and not yet published. */
    private static final class AppliedBatch {
        final List<Applied> applied = new ArrayList<>();
        final List<Runnable> completions = new ArrayList<>();
        long index;
        long term;

        boolean isFull() {
            return applied.size() >= COMMANDS_PER_BATCH_MAX;
        }
    }

    @Override
    public void onApply(Iterator entries) {
        while (entries.hasNext()) {
            AppliedBatch batch = new AppliedBatch();
            batch.term = entries.getTerm();
            String failure = null;
            synchronized (writer) {
                while (failure == null && entries.hasNext() && entries.getTerm() == batch.term && !batch.isFull()) {
                    failure = applyEntry(entries, batch);
                    if (failure == null) {
                        entries.next();
                    }
                }
                keyspace.trim(TRIM_STEPS);
            }
            publish(batch);
            if (failure != null) {
                // The entry is neither skipped, which would make this replica diverge from the others, nor retried.
                entries.setErrorAndRollback(1, new Status(RaftError.ESTATEMACHINE, "%s", failure));
                return;
            }
            observer.published(batch.index, batch.term);
        }
    }

    private void publish(AppliedBatch batch) {
        if (!batch.applied.isEmpty()) {
            for (StateMachineListener listener : listeners) {
                listener.applied(batch.term, batch.applied);
            }
            observer.applied(batch.applied.size());
            batch.completions.forEach(Runnable::run);
        }
    }

    /** Applies an entry; nothing of it is published if it fails. Returns the cause of the failure, or null. */
    private @Nullable String applyEntry(Iterator entries, AppliedBatch batch) {
        RequestBatch own = entries.done() instanceof RequestBatch requestBatch ? requestBatch : null;
        List<Applied> applied = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        try {
            // a duplicate: the engine sends this buffer to followers once this node leads
            List<Request> requests = own != null
                    ? own.requests()
                    : RequestBatch.decode(entries.getData().duplicate(), versions);
            long startNanos = System.nanoTime();
            for (Request request : requests) {
                Applied result = keyspace.apply(entries.getIndex(), batch.term, request);
                long endNanos = System.nanoTime();
                meters.applied(request.command(), result, endNanos - startNanos);
                startNanos = endNanos;
                applied.add(result);
                outcomes.add(result.outcome());
            }
        } catch (RuntimeException | Error failed) {
            String description = "entry " + entries.getIndex() + " of group " + group + " cannot be applied: ";
            if (failed instanceof UnreadableBatchException) {
                LOG.error("entry-unreadable {}{}", description, failed.getMessage());
                return description + failed.getMessage();
            }
            LOG.error("apply-failed {}", description, failed);
            return description + failed;
        }
        batch.index = entries.getIndex();
        batch.applied.addAll(applied);
        if (own != null) {
            batch.completions.add(() -> own.succeed(outcomes));
        }
        return null;
    }

    /** Removes superseded history while no entry is applied. */
    void trim() {
        boolean more = true;
        while (more) {
            synchronized (writer) {
                more = keyspace.trim(TRIM_STEPS);
            }
        }
    }

    /** Captures the current state. */
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

package io.mandate.election.partition;

import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import io.mandate.election.Leadership;
import io.mandate.election.Term;
import io.mandate.election.internal.BuilderAccess;
import io.mandate.election.internal.driver.MachineDriver;
import io.mandate.election.internal.membership.Membership;
import io.mandate.election.internal.membership.MembershipEffect;
import io.mandate.election.internal.membership.MembershipEvent;
import io.mandate.election.internal.membership.MembershipOptions;
import io.mandate.election.internal.queue.ElectionQueue;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.internal.time.SystemScheduler;
import io.mandate.election.internal.work.WorkThreads;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.Watch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member's share of a workload: drives its {@link Membership}, which decides, and the elections of its partitions,
 * on one thread. Closing it hands everything over.
 *
 * <p>Everything runs on the loop unless it says otherwise. What is public is thread-safe.
 */
public final class PartitionMembership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionMembership.class);
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Work that returns unasked is not to keep the store busy. */
    private static final long RETRY_NANOS = 1_000 * NANOS_PER_MILLI;

    /** After the settle time, in which others may be given what this member has. */
    private static final long HAND_OVER_MARGIN_NANOS = 2_000 * NANOS_PER_MILLI;

    private final LeaseStore store;
    private final PartitionMembershipOptions options;
    private final WorkloadKeys keys;
    private final PartitionCampaigns campaigns;
    private final WorkloadReader reader;
    private final Scheduler loop;
    private final MachineDriver<MembershipEvent, MembershipEffect> driver;
    private final Election name;
    private final Map<Integer, Election> elections = new HashMap<>();
    private final Set<Integer> resigned = new HashSet<>();
    /** Terms whose work has begun and not returned. */
    private final ConcurrentSkipListMap<Integer, Term> owned = new ConcurrentSkipListMap<>();

    /** What has been complained of last, by its event. */
    private final Map<String, String> complaints = new HashMap<>();

    private final List<Watch> watches = new ArrayList<>();
    private final CompletableFuture<Void> joined = new CompletableFuture<>();
    private final WorkThreads threads;
    private final CompletableFuture<Void> closed;
    private CompletableFuture<Void> standbyTold = CompletableFuture.completedFuture(null);
    private volatile MemberRecord record;
    private @Nullable Leadership named;
    private boolean registered;
    private boolean writing;
    private boolean leaving;
    private boolean deregistered;

    private PartitionMembership(LeaseStore store, PartitionMembershipOptions options, PartitionCampaigns campaigns) {
        this.store = store;
        this.options = options;
        this.keys = options.keys();
        this.threads = new WorkThreads("workload " + keys.workload());
        this.closed = threads.afterWork();
        this.campaigns = campaigns;
        this.reader = new WorkloadReader(store, keys);
        this.record = options.record();
        Scheduler ofTest = options.scheduler();
        this.name =
                election(keys.memberElection(options.member())).historyLength(0).join();
        this.loop = ofTest != null ? ofTest : new SystemScheduler("mandate-partitions-" + keys.workload());
        Membership membership = new Membership(membershipOptions(), new SplittableRandom(options.seed()));
        MembershipEffect.Handler effects = new Effects();
        this.driver = new MachineDriver<>(loop, loop::now, membership::on, effect -> effect.accept(effects));
    }

    static PartitionMembership join(
            LeaseStore store, PartitionMembershipOptions options, PartitionCampaigns campaigns) {
        PartitionMembership share = new PartitionMembership(store, options, campaigns);
        // Where a test owns time, none passes at shutdown, so nothing would end.
        if (options.scheduler() == null) {
            RunningMemberships.add(share);
        }
        share.loop.execute(share::begin);
        return share;
    }

    private MembershipOptions membershipOptions() {
        long ttlMillis = options.ttl().toMillis();
        long pollMillis = store.guarantees().watches()
                ? Math.max(2_000, Math.min(30_000, 5 * ttlMillis))
                : Math.max(50, Math.min(2_000, ttlMillis / 2));
        long settleNanos = options.settle().toNanos();
        return new MembershipOptions(
                options.member(),
                settleNanos,
                pollMillis * NANOS_PER_MILLI,
                Math.max(500, Math.min(5_000, ttlMillis)) * NANOS_PER_MILLI,
                RETRY_NANOS,
                2 * settleNanos + HAND_OVER_MARGIN_NANOS);
    }

    private ElectionBuilder election(String electionName) {
        ElectionBuilder builder = Election.on(store)
                .name(electionName)
                .candidate(options.member())
                .ttl(options.ttl())
                .drainTimeout(options.drainTimeout())
                .releaseWhenDrainTimesOut()
                .shutdownHook(false)
                .historyLength(options.historyLength())
                .executor(options.executor());
        Scheduler ofTest = options.scheduler();
        return ofTest == null ? builder : BuilderAccess.withClocks(builder, ofTest, options.seed());
    }

    private void begin() {
        for (String prefix : List.of(keys.members(), keys.assignment())) {
            watches.add(store.watch(prefix, () -> loop.execute(() -> on(new MembershipEvent.Changed()))));
        }
        campaignForName();
    }

    private void campaignForName() {
        name.lead()
                .whenComplete((leadership, failure) -> loop.execute(() -> {
                    if (leadership != null && deregistered) {
                        leadership.release();
                    } else if (leadership != null) {
                        named(leadership);
                    }
                }));
    }

    private void named(Leadership leadership) {
        named = leadership;
        leadership.term().ended().thenAccept(why -> loop.execute(() -> nameLost(leadership)));
        writeRecord();
    }

    private void nameLost(Leadership lost) {
        if (named != lost) {
            return;
        }
        named = null;
        if (registered) {
            registered = false;
            LOG.warn("member-lost workload={} member={}", keys.workload(), options.member());
            on(new MembershipEvent.Unregistered());
        }
        lost.release()
                .whenComplete((left, failure) -> loop.execute(() -> {
                    if (!deregistered) {
                        campaignForName();
                    }
                }));
    }

    /** Says in the store what this member is: in place of the name alone, with which its key came to be. */
    private void writeRecord() {
        Leadership under = named;
        if (under == null || writing) {
            return;
        }
        writing = true;
        MemberRecord written = record;
        ask(
                ElectionQueue.first(store, keys.memberElection(options.member()))
                        .thenCompose(first -> recorded(first, under.term().token(), written.text())),
                (done, failure) -> {
                    writing = false;
                    if (under != named) {
                        writeRecord();
                    } else if (!Boolean.TRUE.equals(done)) {
                        loop.schedule(RETRY_NANOS / 5, this::writeRecord);
                    } else if (!written.equals(record)) {
                        writeRecord();
                    } else if (!registered) {
                        registered = true;
                        LOG.info("member-joined workload={} member={}", keys.workload(), options.member());
                        on(new MembershipEvent.Registered());
                    }
                });
    }

    private CompletionStage<Boolean> recorded(Optional<Entry> first, long token, String text) {
        if (first.isEmpty() || first.get().creation() != token) {
            return CompletableFuture.completedFuture(false);
        }
        Entry own = first.get();
        return own.value().equals(text)
                ? CompletableFuture.completedFuture(true)
                : store.compareAndSet(own.key(), own.version(), text, own.leaseId())
                        .thenApply(CasResult.Written.class::isInstance);
    }

    private void on(MembershipEvent event) {
        driver.on(event);
    }

    private final class Effects implements MembershipEffect.Handler {
        @Override
        public void look(MembershipEffect.Look effect) {
            ask(reader.read(), (found, failure) -> looked(effect.attempt(), found));
        }

        @Override
        public void writePlan(MembershipEffect.WritePlan effect) {
            PartitionMembership.this.writePlan(effect);
        }

        @Override
        public void campaign(MembershipEffect.Campaign effect) {
            effect.partitions().forEach(PartitionMembership.this::campaign);
        }

        @Override
        public void resign(MembershipEffect.Resign effect) {
            effect.partitions().forEach(PartitionMembership.this::resign);
        }

        @Override
        public void standBy(MembershipEffect.StandBy effect) {
            tellStandby(effect.partitions());
        }

        @Override
        public void announceLeaving(MembershipEffect.AnnounceLeaving effect) {
            record = record.draining(true);
            writeRecord();
        }

        @Override
        public void deregister(MembershipEffect.Deregister effect) {
            PartitionMembership.this.deregister();
        }

        @Override
        public void wakeAt(MembershipEffect.WakeAt effect) {
            driver.wakeAt(effect.when(), () -> on(new MembershipEvent.Tick()));
        }
    }

    private void looked(long attempt, WorkloadReader.@Nullable Found found) {
        if (found == null) {
            on(new MembershipEvent.Failed(attempt));
            return;
        }
        complaints.remove("workload-unreadable");
        if (found.plan().isPresent() && found.plan().get().partitions() != options.partitions()) {
            refuse(found.plan().get().partitions());
        } else {
            on(new MembershipEvent.Looked(attempt, found.view(options.partitions())));
            if (registered) {
                joined.completeAsync(() -> null, options.executor());
            }
        }
    }

    private void refuse(int partitions) {
        String why = "workload " + keys.workload() + " has " + partitions + " partitions and not "
                + options.partitions()
                + ": all members must say the same number; another number needs another workload";
        LOG.error("member-refused workload={} member={} cause=\"{}\"", keys.workload(), options.member(), why);
        options.executor().execute(() -> joined.completeExceptionally(new IllegalStateException(why)));
        closeAsync();
    }

    private void writePlan(MembershipEffect.WritePlan write) {
        String text;
        try {
            text = write.plan().text();
        } catch (IllegalStateException tooLong) {
            // Not answered: the membership looks again when it has waited long enough for an answer, and what is owned
            // stays.
            complain("plan-too-long", tooLong);
            return;
        }
        ask(store.compareAndSet(keys.plan(), write.expectedVersion(), text, 0), (swap, failure) -> {
            if (swap == null) {
                on(new MembershipEvent.Failed(write.attempt()));
                return;
            }
            complaints.remove("plan-too-long");
            if (swap instanceof CasResult.Written) {
                LOG.info("plan-written workload={} by={}", keys.workload(), options.member());
            }
            on(new MembershipEvent.PlanAnswered(write.attempt()));
        });
    }

    private void campaign(int partition) {
        Election election = election(keys.election(partition)).join();
        elections.put(partition, election);
        campaigns
                .campaign(election, term -> begun(partition, term), () -> owned.remove(partition), threads)
                .whenComplete((done, failure) -> election.closeAsync()
                        .whenComplete((closing, unused) -> loop.execute(() -> left(partition, failure))));
    }

    /** On the work's thread. */
    private Partition begun(int partition, Term term) {
        owned.put(partition, term);
        return new Partition(keys.workload(), partition, term);
    }

    private void resign(int partition) {
        resigned.add(partition);
        Election election = elections.get(partition);
        if (election == null) {
            throw new AssertionError("partition " + partition + " is not campaigned for");
        }
        election.resign();
    }

    private void left(int partition, @Nullable Throwable failure) {
        elections.remove(partition);
        boolean early = !resigned.remove(partition);
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (early && cause != null && !(cause instanceof CancellationException)) {
            LOG.error("partition-work-failed workload={} partition={}", keys.workload(), partition, cause);
        }
        on(new MembershipEvent.Left(partition, early));
    }

    private void tellStandby(List<Integer> partitions) {
        standbyTold = standbyTold
                .thenRunAsync(() -> campaigns.standBy(partitions), options.executor())
                .exceptionally(failed -> {
                    LOG.error("standby-callback-failed workload={}", keys.workload(), failed);
                    return null;
                });
    }

    /** Handles an answer on the loop. */
    private <A> void ask(CompletionStage<A> answer, BiConsumer<@Nullable A, @Nullable Throwable> answered) {
        answer.whenComplete((value, failure) -> loop.execute(() -> {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause != null && !(cause instanceof StoreException)) {
                complain("workload-unreadable", cause);
            }
            answered.accept(failure == null ? value : null, failure);
        }));
    }

    /**
     * Says what keeps this member from following the plan once for each reason, and not at each look: for as long as it
     * lasts, what is owned stays.
     */
    private void complain(String event, Throwable cause) {
        String reason = String.valueOf(cause.getMessage());
        if (!reason.equals(complaints.put(event, reason))) {
            LOG.error("{} workload={} member={} cause=\"{}\"", event, keys.workload(), options.member(), reason, cause);
        }
    }

    private void deregister() {
        deregistered = true;
        driver.stop();
        watches.forEach(Watch::close);
        Leadership held = named;
        named = null;
        if (held != null) {
            held.release();
        }
        name.closeAsync().whenComplete((left, failure) -> end());
    }

    /** On any thread: the loop may have ended with the last election. */
    private void end() {
        RunningMemberships.remove(this);
        LOG.info("member-left workload={} member={}", keys.workload(), options.member());
        if (options.scheduler() == null) {
            loop.close();
        }
        options.executor().execute(() -> {
            joined.completeExceptionally(new CancellationException("the member left before it had joined"));
            closed.complete(null);
        });
    }

    public String workload() {
        return keys.workload();
    }

    public String member() {
        return options.member();
    }

    /**
     * Completes when this process is the member of its name and takes part; fails with an {@link IllegalStateException}
     * if the workload has another number of partitions.
     */
    public CompletableFuture<Void> joined() {
        return joined.copy();
    }

    /** The partitions for which work runs here, with the tokens of their terms: to be shown, not to act upon. */
    public SortedMap<Integer, Long> owned() {
        SortedMap<Integer, Long> tokens = new TreeMap<>();
        owned.forEach((partition, term) -> tokens.put(partition, term.token()));
        return tokens;
    }

    /**
     * Who owns nothing and takes nothing, but stays: for maintenance. Partitions are handed over one by one, as their
     * work drains; {@link #resume} takes it back.
     */
    public void drain() {
        setDraining(true);
    }

    /** Takes part again after {@link #drain}. */
    public void resume() {
        setDraining(false);
    }

    private void setDraining(boolean drains) {
        loop.execute(() -> {
            if (!leaving) {
                record = record.draining(drains);
                writeRecord();
            }
        });
    }

    /** As {@link #close}, without waiting: also for the work itself, if it does not wait for what this returns. */
    public CompletableFuture<Void> closeAsync() {
        loop.execute(() -> {
            if (!leaving) {
                leaving = true;
                on(new MembershipEvent.Leave());
            }
        });
        return closed.copy();
    }

    /**
     * Has everything drained and handed over, leaves, and waits for the work to return. Harmless when repeated.
     *
     * @throws IllegalStateException if work of this member calls it, which would wait for itself; nothing is closed
     *     then
     */
    @Override
    public void close() {
        threads.requireOtherThread("close()");
        closeAsync().join();
    }
}

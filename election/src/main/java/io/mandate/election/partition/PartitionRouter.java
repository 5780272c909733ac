package io.mandate.election.partition;

import io.mandate.election.internal.plan.PartitionHash;
import io.mandate.election.internal.queue.ElectionQueue;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.internal.time.SystemScheduler;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.Watch;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells who owns each partition of a workload, to processes that forward requests to the owners. Follows the store by
 * its watch, and by a slow poll in case that is stalled. What it tells may be old by the time it is used: owners
 * compare the token that comes with a request, and who was refused asks {@link #refresh}. Thread-safe.
 */
public final class PartitionRouter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionRouter.class);
    private static final long POLL_NANOS = 15_000_000_000L;
    private static final long RETRY_NANOS = 200_000_000;

    private final LeaseStore store;
    private final WorkloadKeys keys;
    private final int partitions;
    private final WorkloadReader reader;
    private final Scheduler loop;
    private final boolean ownsLoop;
    private final AtomicReferenceArray<@Nullable Entry> owners;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final Watch watch;
    private final BitSet stale = new BitSet();
    private boolean asking;
    private boolean unanswered;
    private boolean membersStale = true;
    private volatile Map<String, MemberRecord> members = Map.of();
    private volatile boolean closed;

    PartitionRouter(LeaseStore store, WorkloadKeys keys, int partitions, @Nullable Scheduler ofTest) {
        this.store = store;
        this.keys = keys;
        this.partitions = partitions;
        this.reader = new WorkloadReader(store, keys);
        this.owners = new AtomicReferenceArray<>(partitions);
        this.ownsLoop = ofTest == null;
        this.loop = ofTest == null ? new SystemScheduler("mandate-router-" + keys.workload()) : ofTest;
        this.watch = store.watchKeys(keys.workload() + "/", changed -> loop.execute(() -> changed(changed)));
        loop.execute(this::poll);
    }

    private void poll() {
        if (!closed) {
            everythingIsStale();
            look();
            loop.schedule(POLL_NANOS, this::poll);
        }
    }

    private void everythingIsStale() {
        stale.set(0, partitions);
        membersStale = true;
    }

    private void changed(Optional<String> key) {
        if (key.isEmpty()) {
            everythingIsStale();
        } else if (key.get().startsWith(keys.members())) {
            membersStale = true;
        } else {
            int partition = keys.partitionOf(key.get());
            if (partition >= 0 && partition < partitions) {
                stale.set(partition);
            }
        }
        look();
    }

    /** One request at a time; what changes meanwhile is asked for in the next, however often it changes. */
    private void look() {
        if (closed || asking) {
            return;
        }
        if (membersStale) {
            membersStale = false;
            ask(reader.members(), found -> members = found, () -> membersStale = true);
        } else if (!stale.isEmpty()) {
            List<Integer> some =
                    stale.stream().limit(LeaseStore.BATCH_MAX).boxed().toList();
            some.forEach(stale::clear);
            ask(owners(some), found -> saw(some, found), () -> some.forEach(stale::set));
        } else {
            ready.completeAsync(() -> null);
        }
    }

    private <A> void ask(CompletionStage<A> answer, java.util.function.Consumer<A> seen, Runnable failed) {
        asking = true;
        answer.whenComplete((value, failure) -> loop.execute(() -> {
            asking = false;
            tell(failure);
            if (failure == null) {
                seen.accept(value);
                look();
            } else {
                failed.run();
                loop.schedule(RETRY_NANOS, this::look);
            }
        }));
    }

    /** Once for each outage: what is told of owners meanwhile is old. */
    private void tell(@Nullable Throwable failure) {
        if (failure != null && !unanswered) {
            LOG.warn("router-unanswered workload={} cause=\"{}\"", keys.workload(), failure.getMessage());
        } else if (failure == null && unanswered) {
            LOG.info("router-answered workload={}", keys.workload());
        }
        unanswered = failure != null;
    }

    private CompletionStage<List<Optional<Entry>>> owners(List<Integer> some) {
        return ElectionQueue.firstOfEach(
                store, some.stream().map(keys::election).toList());
    }

    private void saw(List<Integer> some, List<Optional<Entry>> found) {
        for (int i = 0; i < some.size(); i++) {
            owners.set(some.get(i), found.get(i).orElse(null));
        }
    }

    /** Completes when every partition has been looked at once. */
    public CompletableFuture<Void> ready() {
        return ready.copy();
    }

    /** The partition that a key belongs to: see {@link PartitionHash}. */
    public int partitionOf(String key) {
        return PartitionHash.partitionOf(key, partitions);
    }

    /** Who owns the partition of a key; empty if nobody does, or nobody has been seen yet. */
    public Optional<PartitionOwner> ownerOf(String key) {
        return owner(partitionOf(key));
    }

    /**
     * Who owns a partition; empty if nobody does, or nobody has been seen yet.
     *
     * @throws IndexOutOfBoundsException if there is no such partition
     */
    public Optional<PartitionOwner> owner(int partition) {
        return Optional.ofNullable(owners.get(partition)).map(entry -> shown(partition, entry));
    }

    private PartitionOwner shown(int partition, Entry entry) {
        MemberRecord member = members.get(entry.value());
        return new PartitionOwner(
                partition, entry.value(), entry.creation(), member == null ? Map.of() : member.labels());
    }

    /** Who owns a partition now, by a linearizable read: for whoever was told that it asked the wrong one. */
    public CompletableFuture<Optional<PartitionOwner>> refresh(int partition) {
        return ElectionQueue.first(store, keys.election(partition))
                .thenApply(first -> {
                    loop.execute(() -> owners.set(partition, first.orElse(null)));
                    return first.map(entry -> shown(partition, entry));
                })
                .toCompletableFuture();
    }

    @Override
    public void close() {
        closed = true;
        watch.close();
        if (ownsLoop) {
            loop.close();
        }
    }
}

package io.mandate.election.partition;

import io.mandate.election.TermRecord;
import io.mandate.election.internal.history.TermHistory;
import io.mandate.election.internal.plan.Plan;
import io.mandate.election.internal.queue.ElectionQueue;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What operators see of a workload, and say to it. Members follow within their settle time. Thread-safe. */
public final class PartitionAdmin {
    /** Operators are few. */
    private static final int TRIES_MAX = 10;

    private final LeaseStore store;
    private final WorkloadKeys keys;
    private final WorkloadReader reader;

    PartitionAdmin(LeaseStore store, WorkloadKeys keys) {
        this.store = store;
        this.keys = keys;
        this.reader = new WorkloadReader(store, keys);
    }

    /**
     * What there is.
     *
     * @param since whether to ask also for {@link PartitionState#since}: one more read for each partition
     */
    public CompletableFuture<WorkloadState> state(boolean since) {
        return reader.read()
                .thenCompose(found -> {
                    int partitions = found.plan().map(Plan::partitions).orElse(0);
                    return owners(partitions)
                            .thenCompose(
                                    owners -> since(owners, since).thenApply(times -> state(found, owners, times)));
                })
                .toCompletableFuture();
    }

    /** The entry of each partition's owner. */
    private CompletionStage<List<Optional<Entry>>> owners(int partitions) {
        CompletionStage<List<Optional<Entry>>> all = CompletableFuture.completedStage(new ArrayList<>());
        for (int from = 0; from < partitions; from += LeaseStore.BATCH_MAX) {
            List<String> elections = new ArrayList<>();
            for (int partition = from; partition < Math.min(partitions, from + LeaseStore.BATCH_MAX); partition++) {
                elections.add(keys.election(partition));
            }
            all = all.thenCompose(
                    before -> ElectionQueue.firstOfEach(store, elections).thenApply(found -> {
                        before.addAll(found);
                        return before;
                    }));
        }
        return all;
    }

    private CompletionStage<Map<Integer, Instant>> since(List<Optional<Entry>> owners, boolean asked) {
        CompletionStage<Map<Integer, Instant>> all = CompletableFuture.completedStage(new ConcurrentHashMap<>());
        for (int from = 0; asked && from < owners.size(); from += LeaseStore.BATCH_MAX) {
            int begin = from;
            all = all.thenCompose(before -> CompletableFuture.allOf(
                            IntStream.range(begin, Math.min(owners.size(), begin + LeaseStore.BATCH_MAX))
                                    .mapToObj(partition -> since(partition, owners.get(partition), before))
                                    .toArray(CompletableFuture<?>[]::new))
                    .thenApply(read -> before));
        }
        return all;
    }

    private CompletableFuture<Void> since(int partition, Optional<Entry> owner, Map<Integer, Instant> times) {
        if (owner.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return TermHistory.read(store, keys.election(partition))
                .thenAccept(terms -> begin(terms, owner.get().creation()).ifPresent(at -> times.put(partition, at)))
                .toCompletableFuture();
    }

    private static Optional<Instant> begin(List<TermRecord> terms, long token) {
        return terms.stream()
                .filter(term -> term.token() == token)
                .map(TermRecord::from)
                .findFirst();
    }

    private WorkloadState state(WorkloadReader.Found found, List<Optional<Entry>> owners, Map<Integer, Instant> since) {
        Map<String, Integer> planned = new HashMap<>();
        Map<String, Integer> owned = new HashMap<>();
        List<PartitionState> partitions = new ArrayList<>();
        for (int partition = 0; partition < owners.size(); partition++) {
            int index = partition;
            Optional<String> should = found.plan().flatMap(plan -> plan.owner(index));
            Optional<Entry> owner = owners.get(partition);
            should.ifPresent(name -> planned.merge(name, 1, Integer::sum));
            owner.ifPresent(entry -> owned.merge(entry.value(), 1, Integer::sum));
            partitions.add(new PartitionState(
                    partition,
                    should,
                    owner.map(Entry::value),
                    owner.map(Entry::creation).orElse(0L),
                    Optional.ofNullable(since.get(partition)),
                    Optional.ofNullable(found.settings().pins().get(partition))));
        }
        List<MemberState> members = new ArrayList<>();
        found.members()
                .forEach((name, member) -> members.add(new MemberState(
                        name,
                        member.weight(),
                        member.capacity(),
                        member.zone(),
                        member.draining() || found.settings().drained().contains(name),
                        member.labels(),
                        planned.getOrDefault(name, 0),
                        owned.getOrDefault(name, 0))));
        members.sort(Comparator.comparing(MemberState::name));
        return new WorkloadState(
                keys.workload(), found.settings().paused(), members, Collections.unmodifiableList(partitions));
    }

    /**
     * Moves a partition to a member, and keeps it there whenever that is there. Fails with an
     * {@link IllegalArgumentException} if the workload has no such partition, or too many are pinned. Before anybody
     * has joined it is not known how many partitions there will be, and nothing comes of a pin of one that there is
     * not.
     */
    public CompletableFuture<Void> pin(int partition, String member) {
        WorkloadKeys.requireMember(member);
        requirePartition(partition);
        return store.read(keys.plan())
                .thenCompose(plan -> {
                    plan.map(Entry::value).map(Plan::parse).ifPresent(present -> requirePlanned(partition, present));
                    return change(settings -> settings.pinned(partition, member));
                })
                .toCompletableFuture();
    }

    private void requirePlanned(int partition, Plan plan) {
        if (partition >= plan.partitions()) {
            throw new IllegalArgumentException("workload " + keys.workload() + " has no partition " + partition
                    + ": they are 0 to " + (plan.partitions() - 1));
        }
    }

    /** Takes a {@link #pin} back. */
    public CompletableFuture<Void> unpin(int partition) {
        requirePartition(partition);
        return change(settings -> settings.unpinned(partition));
    }

    /** Has a member hand over everything and take nothing, until {@link #undrain}: also after it has come again. */
    public CompletableFuture<Void> drain(String member) {
        WorkloadKeys.requireMember(member);
        return change(settings -> settings.drained(member, true));
    }

    /** Takes {@link #drain} back. */
    public CompletableFuture<Void> undrain(String member) {
        WorkloadKeys.requireMember(member);
        return change(settings -> settings.drained(member, false));
    }

    /** Keeps owned partitions where they are, whoever comes; what loses its owner still gets another. */
    public CompletableFuture<Void> pause() {
        return change(settings -> settings.paused(true));
    }

    /** Takes {@link #pause} back. */
    public CompletableFuture<Void> resume() {
        return change(settings -> settings.paused(false));
    }

    private static void requirePartition(int partition) {
        if (partition < 0 || partition >= Plan.PARTITIONS_MAX) {
            throw new IllegalArgumentException("partition " + partition + " is not between 0 and "
                    + (Plan.PARTITIONS_MAX - 1) + ": give the number of one that the workload has");
        }
    }

    private CompletableFuture<Void> change(UnaryOperator<WorkloadSettings> change) {
        return change(change, TRIES_MAX).toCompletableFuture();
    }

    private CompletionStage<Void> change(UnaryOperator<WorkloadSettings> change, int tries) {
        return store.read(keys.settings()).thenCompose(entry -> {
            WorkloadSettings present =
                    entry.map(Entry::value).map(WorkloadSettings::parse).orElse(WorkloadSettings.NONE);
            WorkloadSettings next = change.apply(present);
            if (next.equals(present)) {
                return CompletableFuture.completedStage(null);
            }
            return store.compareAndSet(
                            keys.settings(), entry.map(Entry::version).orElse(0L), next.text(), 0)
                    .thenCompose(swap -> {
                        if (swap instanceof CasResult.Written) {
                            return CompletableFuture.<@Nullable Void>completedStage(null);
                        }
                        return tries > 1
                                ? change(change, tries - 1)
                                : CompletableFuture.<Void>failedStage(new StoreException("the settings of workload "
                                        + keys.workload() + " are changed by others all the time: try again"));
                    });
        });
    }
}

package io.mandate.verify.simulation;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.ForwardingStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A member's connection, on which what it asks is counted, and mistakes are made. */
final class PartitionConnection extends ForwardingStore {
    private final PartitionSimulation simulation;
    private @Nullable List<Entry> membersOfBefore;

    PartitionConnection(LeaseStore inner, PartitionSimulation simulation) {
        super(inner);
        this.simulation = simulation;
    }

    private boolean makes(PlantedPartitionFault mistake) {
        return simulation.mistake() == mistake;
    }

    private <A> CompletionStage<A> counted(CompletionStage<A> answer) {
        simulation.asked();
        return answer.whenComplete((value, failure) -> {
            if (failure != null) {
                simulation.unanswered();
            }
        });
    }

    @Override
    public CompletionStage<Optional<Entry>> read(String key) {
        return counted(inner.read(key));
    }

    @Override
    public CompletionStage<List<Entry>> list(String prefix, int limit) {
        List<Entry> before = membersOfBefore;
        if (!makes(PlantedPartitionFault.MEMBERS_READ_BEFORE_THE_PLAN) || !prefix.equals(PartitionSimulation.MEMBERS)) {
            return counted(inner.list(prefix, limit));
        }
        CompletionStage<List<Entry>> asked = counted(inner.list(prefix, limit)).thenApply(entries -> {
            membersOfBefore = entries;
            return entries;
        });
        return before == null ? asked : asked.thenApply(entries -> before);
    }

    @Override
    public CompletionStage<CasResult> compareAndSet(String key, long expectedVersion, String value, long leaseId) {
        if (makes(PlantedPartitionFault.PLAN_WITHOUT_COMPARE) && key.equals(PartitionSimulation.PLAN)) {
            return inner.read(key)
                    .thenCompose(present ->
                            inner.compareAndSet(key, present.map(Entry::version).orElse(0L), value, leaseId));
        }
        boolean unleased =
                makes(PlantedPartitionFault.REGISTRATION_WITHOUT_LEASE) && key.startsWith(PartitionSimulation.MEMBERS);
        return counted(inner.compareAndSet(key, expectedVersion, value, unleased ? 0 : leaseId));
    }

    @Override
    public CompletionStage<Boolean> delete(String key, long creation) {
        return counted(inner.delete(key, creation));
    }

    /** A batch is one request: it gets through or is lost as a whole. */
    @Override
    public CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
        return counted(inner.readAll(keys));
    }

    @Override
    public CompletionStage<List<List<Entry>>> listAll(List<String> prefixes, int limit) {
        return counted(inner.listAll(prefixes, limit));
    }

    @Override
    public CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
        return makes(PlantedPartitionFault.REGISTRATION_WITHOUT_LEASE)
                ? super.compareAndSetAll(changes, leaseId)
                : counted(inner.compareAndSetAll(changes, leaseId));
    }

    @Override
    public CompletionStage<List<Boolean>> deleteAll(List<ConditionalDelete> removals) {
        return counted(inner.deleteAll(removals));
    }

    @Override
    public CompletionStage<LeaseGrant> grant(long ttlMillis) {
        return counted(inner.grant(ttlMillis));
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        return counted(inner.renew(leaseId));
    }

    @Override
    public CompletionStage<Void> revoke(long leaseId) {
        return counted(inner.revoke(leaseId));
    }
}

package io.mandate.election.partition;

import io.mandate.election.internal.membership.WorkloadView;
import io.mandate.election.internal.plan.Members;
import io.mandate.election.internal.plan.Plan;
import io.mandate.election.internal.plan.PlanMember;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Reads what is known of a workload. Thread-safe. */
final class WorkloadReader {
    /**
     * A workload as it was found; the plan was read first.
     *
     * @param planVersion 0 if there is no plan yet
     * @param members by name, those that came first first
     */
    record Found(long planVersion, Optional<Plan> plan, Map<String, MemberRecord> members, WorkloadSettings settings) {
        WorkloadView view(int partitions) {
            List<PlanMember> planned = new ArrayList<>();
            members.forEach((name, member) ->
                    planned.add(member.toPlan(name, settings.drained().contains(name))));
            return new WorkloadView(
                    planVersion,
                    plan.orElseGet(() -> Plan.empty(partitions)),
                    new Members(planned, settings.pins()),
                    List.copyOf(members.keySet()),
                    settings.paused());
        }
    }

    private final LeaseStore store;
    private final WorkloadKeys keys;

    WorkloadReader(LeaseStore store, WorkloadKeys keys) {
        this.store = store;
        this.keys = keys;
    }

    CompletionStage<Found> read() {
        return store.read(keys.plan())
                .thenCompose(plan -> members()
                        .thenCombine(
                                store.read(keys.settings()),
                                (members, settings) -> new Found(
                                        plan.map(Entry::version).orElse(0L),
                                        plan.map(Entry::value).map(Plan::parse),
                                        members,
                                        settings.map(Entry::value)
                                                .map(WorkloadSettings::parse)
                                                .orElse(WorkloadSettings.NONE))));
    }

    /**
     * The members by name, those that came first first. Of two processes with one name the first is the member; the
     * other waits for its end.
     */
    CompletionStage<Map<String, MemberRecord>> members() {
        return store.list(keys.members(), LeaseStore.LIST_MAX).thenApply(this::members);
    }

    private Map<String, MemberRecord> members(List<Entry> entries) {
        Map<String, Entry> first = new LinkedHashMap<>();
        entries.forEach(entry -> first.putIfAbsent(keys.memberOf(entry), entry));
        Map<String, MemberRecord> members = new LinkedHashMap<>();
        first.forEach((name, entry) -> {
            if (!name.isEmpty() && members.size() < Members.MEMBERS_MAX) {
                MemberRecord.parse(entry.value()).ifPresent(member -> members.put(name, member));
            }
        });
        return members;
    }
}

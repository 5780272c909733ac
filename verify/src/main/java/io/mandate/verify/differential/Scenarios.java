package io.mandate.verify.differential;

import io.mandate.etcdapi.AlarmRequest;
import io.mandate.etcdapi.AlarmType;
import io.mandate.etcdapi.MemberListRequest;
import io.mandate.etcdapi.StatusRequest;
import java.util.List;
import java.util.function.Function;

/** The scripted scenarios. Each takes a name that stands before its keys, so that it can be played again later. */
final class Scenarios {
    /** Cheap enough to be played among random steps. */
    static final List<Function<String, Script>> REPEATABLE = List.of(
            KeyValueScenarios::ranges,
            KeyValueScenarios::sorting,
            KeyValueScenarios::putsAndDeletes,
            KeyValueScenarios::compaction,
            TransactionScenarios::comparisons,
            TransactionScenarios::refusals,
            TransactionScenarios::nesting,
            LeaseScenarios::grantsAndRevokes,
            WatchScenarios::creations,
            WatchScenarios::eventsAndFilters,
            WatchScenarios::compactedHistory,
            WatchScenarios::waitingForTheFuture,
            ElectionScenarios::elections,
            ElectionScenarios::rivals,
            ElectionScenarios::locks);

    /** In the order in which a run begins with them. */
    static final List<Function<String, Script>> ALL = all();

    private Scenarios() {}

    private static List<Function<String, Script>> all() {
        List<Function<String, Script>> slow = List.of(
                KeyValueScenarios::largeRequests,
                WatchScenarios::fragments,
                LeaseScenarios::expiry,
                Scenarios::cluster);
        return java.util.stream.Stream.concat(REPEATABLE.stream(), slow.stream())
                .toList();
    }

    private static Script cluster(String name) {
        return new Script()
                .call(UnaryCall.MEMBER_LIST, MemberListRequest.newBuilder().setLinearizable(true))
                .call(UnaryCall.MEMBER_LIST, MemberListRequest.newBuilder())
                .call(UnaryCall.STATUS, StatusRequest.newBuilder())
                .call(UnaryCall.ALARM, AlarmRequest.newBuilder())
                .call(UnaryCall.ALARM, AlarmRequest.newBuilder().setAlarm(AlarmType.NOSPACE))
                .call(UnaryCall.ALARM, alarm(AlarmRequest.AlarmAction.DEACTIVATE))
                .call(UnaryCall.ALARM, alarm(AlarmRequest.AlarmAction.ACTIVATE))
                .call(UnaryCall.ALARM, AlarmRequest.newBuilder())
                .call(UnaryCall.PUT, Requests.put(name, "refused while the alarm stands"))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(9_999_999, 1000))
                .call(UnaryCall.TXN, TransactionScenarios.unconditional(TransactionScenarios.put(name, "refused")))
                .call(UnaryCall.TXN, TransactionScenarios.unconditional(TransactionScenarios.delete(name)))
                .call(UnaryCall.DELETE_RANGE, Requests.delete(name))
                .call(UnaryCall.RANGE, Requests.get(name))
                .call(UnaryCall.STATUS, StatusRequest.newBuilder())
                .call(UnaryCall.ALARM, alarm(AlarmRequest.AlarmAction.DEACTIVATE))
                .call(UnaryCall.ALARM, AlarmRequest.newBuilder())
                .call(UnaryCall.PUT, Requests.put(name, "accepted again"))
                .call(UnaryCall.DELETE_RANGE, Requests.delete(name));
    }

    private static AlarmRequest.Builder alarm(AlarmRequest.AlarmAction action) {
        return AlarmRequest.newBuilder().setAction(action).setMemberID(1).setAlarm(AlarmType.NOSPACE);
    }
}

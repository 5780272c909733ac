package io.mandate.verify.differential;

import io.mandate.etcdapi.AlarmRequest;
import io.mandate.etcdapi.LeaseLeasesRequest;
import io.mandate.etcdapi.MemberListRequest;
import io.mandate.etcdapi.StatusRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/**
 * The steps of one run: first every scripted scenario, so that even a short run meets every kind of request; then
 * random steps for ever, with a scenario among them now and then. Equal seeds and equal answers of the left side give
 * equal steps.
 */
final class RequestSource {
    /** The stream whose watchers may wait for future revisions. */
    static final int FUTURE_STREAM = 2;

    private static final int STREAMS = 3;
    private static final int STEPS_BETWEEN_SYNCS_MAX = 120;
    private static final int STEPS_BETWEEN_SCENARIOS = 500;

    private final SeededRandom dice;
    private final Model model;
    private final RandomKeyValues keyValues;
    private final RandomTransactions transactions;
    private final RandomLeasesAndWatches leasesAndWatches;
    private final Deque<Function<Model, Step>> pending = new ArrayDeque<>();
    private int stepsUntilSync;
    private int stepsUntilScenario = STEPS_BETWEEN_SCENARIOS;
    private int scenarios;
    private boolean scriptIsThrough;

    RequestSource(long seed, Model model) {
        this.dice = new SeededRandom(seed);
        this.model = model;
        this.keyValues = new RandomKeyValues(dice, model);
        this.transactions = new RandomTransactions(dice, model, keyValues);
        this.leasesAndWatches = new RandomLeasesAndWatches(dice, model, keyValues);
        for (Function<String, Script> scenario : Scenarios.ALL) {
            addScenario(scenario);
        }
        for (int stream = 0; stream < STREAMS; stream++) {
            add(List.of(new Step.WatchOpen(stream)));
        }
    }

    /** Whether the scenarios that every run begins with are not through yet. */
    boolean isInScript() {
        return !scriptIsThrough;
    }

    Step next() {
        scriptIsThrough |= pending.isEmpty();
        while (pending.isEmpty()) {
            addRandomSteps();
        }
        return pending.remove().apply(model);
    }

    private void addRandomSteps() {
        if (stepsUntilSync-- <= 0) {
            stepsUntilSync = dice.below(STEPS_BETWEEN_SYNCS_MAX);
            add(List.of(new Step.WatchSync()));
        }
        if (stepsUntilScenario-- <= 0) {
            stepsUntilScenario = STEPS_BETWEEN_SCENARIOS;
            addScenario(dice.pick(Scenarios.REPEATABLE));
            return;
        }
        add(randomSteps(dice.below(1000)));
    }

    private List<Step> randomSteps(int choice) {
        if (choice < 270) {
            return List.of(new Step.Call(UnaryCall.PUT, keyValues.put()));
        } else if (choice < 540) {
            return List.of(new Step.Call(UnaryCall.RANGE, keyValues.range()));
        } else if (choice < 610) {
            return List.of(new Step.Call(UnaryCall.DELETE_RANGE, keyValues.deleteRange()));
        } else if (choice < 810) {
            return List.of(new Step.Call(UnaryCall.TXN, transactions.transaction()));
        } else if (choice < 820) {
            // What watchers still get of the past, compaction may take away: let them have it first.
            return List.of(new Step.WatchSync(), new Step.Call(UnaryCall.COMPACT, keyValues.compaction()));
        } else if (choice < 860) {
            return leasesAndWatches.grant();
        } else if (choice < 880) {
            return leasesAndWatches.revoke();
        } else if (choice < 910) {
            return List.of(leasesAndWatches.timeToLive());
        } else if (choice < 920) {
            return List.of(new Step.Call(UnaryCall.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance()));
        } else if (choice < 950) {
            return List.of(leasesAndWatches.keepAlive());
        } else if (choice < 990) {
            return leasesAndWatches.watch();
        } else if (choice < 993) {
            return reopenStream();
        }
        return List.of(clusterCall());
    }

    private List<Step> reopenStream() {
        int stream = dice.below(STREAMS);
        return List.of(new Step.WatchSync(), new Step.WatchClose(stream), new Step.WatchOpen(stream));
    }

    private Step clusterCall() {
        return switch (dice.below(3)) {
            case 0 ->
                new Step.Call(
                        UnaryCall.MEMBER_LIST,
                        MemberListRequest.newBuilder()
                                .setLinearizable(dice.chance(50))
                                .build());
            case 1 -> new Step.Call(UnaryCall.STATUS, StatusRequest.getDefaultInstance());
            default -> new Step.Call(UnaryCall.ALARM, AlarmRequest.getDefaultInstance());
        };
    }

    private void add(List<Step> steps) {
        steps.forEach(step -> pending.add(knowing -> step));
    }

    /** Each gets a name of its own, so that a scenario played twice does not meet its own past. */
    private void addScenario(Function<String, Script> scenario) {
        scenarios++;
        pending.addAll(scenario.apply("s" + scenarios).steps());
    }
}

package io.mandate.verify.differential;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a run did and found. A run in which something never occurred is void: it proves nothing of it. */
final class RunReport {
    /** Below, the requests have lost touch with the store, and errors are compared with errors. */
    private static final int OK_PERCENT_MIN = 50;

    /** Below, the watchers watch nothing. */
    private static final int EVENTS_PERCENT_MIN = 20;

    private final RunOptions options;
    private final Map<String, Integer> requestsByKind = new TreeMap<>();
    private final Map<String, Integer> answersByOutcome = new TreeMap<>();
    private final Map<String, Integer> deliberateById = new TreeMap<>();
    private final List<Difference> differences = new ArrayList<>();
    private int requests;
    private int okAnswers;
    private int eventsCompared;
    private int fragmentsSeen;
    private long elapsedMillis;

    RunReport(RunOptions options) {
        this.options = options;
    }

    void request(Step step) {
        if (!step.kind().isEmpty()) {
            requests++;
            requestsByKind.merge(step.kind(), 1, Integer::sum);
        }
    }

    void answer(Step step, StepAnswer left) {
        if (!step.kind().isEmpty()) {
            okAnswers += left.isOk() ? 1 : 0;
            answersByOutcome.merge(step.kind() + ": " + left.outcome(), 1, Integer::sum);
        }
    }

    void events(int count) {
        eventsCompared += count;
    }

    void fragments(int count) {
        fragmentsSeen += count;
    }

    void deliberate(DeliberateDifference difference) {
        deliberateById.merge(difference.id(), 1, Integer::sum);
    }

    void difference(Difference difference) {
        differences.add(difference);
    }

    void elapsed(long millis) {
        elapsedMillis = millis;
    }

    int requests() {
        return requests;
    }

    int eventsCompared() {
        return eventsCompared;
    }

    List<Difference> differences() {
        return Collections.unmodifiableList(differences);
    }

    Map<String, Integer> deliberateById() {
        return Collections.unmodifiableMap(deliberateById);
    }

    /** Why this run proves less than it should; empty if it does not. */
    List<String> voidReasons() {
        List<String> reasons = new ArrayList<>();
        Set<String> missing = new TreeSet<>(List.of(
                "LEASE_KEEP_ALIVE",
                "WATCH_OPEN",
                "WATCH_CREATE",
                "WATCH_CANCEL",
                "WATCH_PROGRESS",
                "WATCH_CLOSE",
                "WATCH_SYNC",
                "OBSERVE",
                "abandoned call",
                "blocking CAMPAIGN",
                "blocking LOCK"));
        for (UnaryCall call : UnaryCall.values()) {
            missing.add(call.name());
        }
        for (String kind : missing) {
            if (!answersByOutcome.containsKey(kind + ": OK")) {
                reasons.add("no good answer to " + kind);
            }
        }
        if (okAnswers * 100L < requests * (long) OK_PERCENT_MIN) {
            reasons.add("only " + okAnswers + " of " + requests + " answers are good");
        }
        if (okAnswers == requests) {
            reasons.add("no error was provoked");
        }
        if (eventsCompared * 100L < requests * (long) EVENTS_PERCENT_MIN) {
            reasons.add("only " + eventsCompared + " watch events");
        }
        if (fragmentsSeen == 0) {
            reasons.add("no fragmented watch response");
        }
        return reasons;
    }

    boolean passed() {
        return differences.isEmpty() && voidReasons().isEmpty();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("differential seed=" + options.seed() + " requests=" + requests + " ok="
                + okAnswers + " watch_events=" + eventsCompared + " fragments=" + fragmentsSeen + " differences="
                + differences.size() + " deliberate=" + deliberateById + " void=" + voidReasons() + " millis="
                + elapsedMillis);
        if (!passed()) {
            text.append("\nreplay on empty servers: ").append(options.replayCommand());
        }
        differences.forEach(difference -> text.append("\nDIFFERENCE at ").append(difference));
        return text.toString();
    }

    /** Requests by kind and answers by outcome, one a line. */
    String statistics() {
        StringBuilder text = new StringBuilder("requests by kind:");
        requestsByKind.forEach(
                (kind, count) -> text.append("\n  ").append(count).append(' ').append(kind));
        text.append("\nanswers by outcome:");
        answersByOutcome.forEach((outcome, count) ->
                text.append("\n  ").append(count).append(' ').append(outcome));
        return text.toString();
    }
}

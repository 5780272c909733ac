package io.mandate.verify.differential;

import com.google.protobuf.Message;
import io.mandate.etcdapi.WatchResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares what the watchers of both sides were told up to one step, stream by stream. A stream that only one side has
 * is a difference. Confined to its run's thread.
 */
final class WatchComparison {
    private static final String NO_STREAM = "no such stream";

    private final int stepNumber;
    private final Model model;
    private final RunReport report;

    WatchComparison(int stepNumber, Model model, RunReport report) {
        this.stepNumber = stepNumber;
        this.model = model;
        this.report = report;
    }

    void compare(Map<Integer, WatchJournal.Drained> left, Map<Integer, WatchJournal.Drained> right) {
        Set<Integer> streams = new TreeSet<>(left.keySet());
        streams.addAll(right.keySet());
        for (int stream : streams) {
            WatchJournal.Drained leftTold = left.get(stream);
            WatchJournal.Drained rightTold = right.get(stream);
            if (leftTold == null || rightTold == null) {
                report.difference(
                        new Difference(stepNumber, "watch stream " + stream, presence(leftTold), presence(rightTold)));
            } else {
                compareStream(stream, leftTold, rightTold);
            }
        }
    }

    private static String presence(WatchJournal.@Nullable Drained told) {
        return told == null ? NO_STREAM : "told watchers " + told.toldById().keySet();
    }

    private void compareStream(int stream, WatchJournal.Drained leftTold, WatchJournal.Drained rightTold) {
        reportBroken("left", stream, leftTold.brokenPromises());
        reportBroken("right", stream, rightTold.brokenPromises());
        report.fragments(Math.min(leftTold.fragments(), rightTold.fragments()));
        Set<Long> watchIds = new TreeSet<>(leftTold.toldById().keySet());
        watchIds.addAll(rightTold.toldById().keySet());
        for (long watchId : watchIds) {
            List<Message> leftMessages = leftTold.toldById().getOrDefault(watchId, List.of());
            List<Message> rightMessages = rightTold.toldById().getOrDefault(watchId, List.of());
            report.events(leftMessages.size());
            if (!leftMessages.equals(rightMessages)) {
                reportTold(stream, watchId, leftMessages, rightMessages);
            }
            leftMessages.stream()
                    .filter(told -> told instanceof WatchResponse response && response.getCanceled())
                    .forEach(end -> model.watcherEnded(stream, watchId));
        }
    }

    private void reportBroken(String side, int stream, List<String> brokenPromises) {
        for (String broken : brokenPromises) {
            report.difference(new Difference(
                    stepNumber,
                    "watch stream " + stream + " of the " + side + " side broke a promise",
                    broken,
                    broken));
        }
    }

    /** Tells from the first message on that is unlike. */
    private void reportTold(int stream, long watchId, List<Message> leftMessages, List<Message> rightMessages) {
        int like = 0;
        while (like < Math.min(leftMessages.size(), rightMessages.size())
                && leftMessages.get(like).equals(rightMessages.get(like))) {
            like++;
        }
        report.difference(new Difference(
                stepNumber,
                "told to watcher " + watchId + " of stream " + stream + " after " + like
                        + " like messages since the last WATCH_SYNC",
                printOne(leftMessages, like),
                printOne(rightMessages, like)));
    }

    private static String printOne(List<Message> messages, int index) {
        return index < messages.size()
                ? "{" + StepAnswer.print(messages.get(index)) + "} and " + (messages.size() - index - 1) + " more"
                : "nothing";
    }
}

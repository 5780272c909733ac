package io.mandate.verify.differential;

import com.google.protobuf.Message;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.WatchResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * What the watchers of one stream of one server were told, watcher by watcher, free of how it was packed into
 * responses; and the promises that the packing broke. Confined to its {@link WatchClient}'s lock.
 *
 * <p>The promises: nothing is said of a watcher before its creation or after its end; revisions grow; the events of a
 * revision stand in one response, or in successive ones of which all but the last say fragment; the header is not older
 * than the events; progress R is followed by no event of R or before.
 */
final class WatchJournal {
    /** Stream-wide answers, such as progress and refused creations, carry this id. */
    static final long STREAM_WIDE_ID = -1;

    private final Map<Long, Watcher> watchers = new HashMap<>();
    private final Set<Long> ended = new HashSet<>();
    private Map<Long, List<Message>> toldById = new TreeMap<>();
    private List<String> brokenPromises = new ArrayList<>();
    private long responses;
    private boolean overtaken;
    private int fragments;
    private long progressRevision;
    private long awaitedProgressRevision;

    /**
     * Gives what was told since the last time.
     *
     * @param toCommon what makes ids comparable: an event can come before the answer that teaches which lease the
     *     server chose
     */
    Drained drain(UnaryOperator<Message> toCommon) {
        toldById.values().forEach(told -> told.replaceAll(toCommon));
        Drained drained = new Drained(toldById, brokenPromises, fragments);
        fragments = 0;
        toldById = new TreeMap<>();
        brokenPromises = new ArrayList<>();
        return drained;
    }

    /** How much was told since the last time, by watch id. */
    Map<Long, Integer> counts() {
        Map<Long, Integer> counts = new TreeMap<>();
        toldById.forEach((watchId, told) -> counts.put(watchId, told.size()));
        return counts;
    }

    /** The latest revision that a progress answer promised. */
    long progressRevision() {
        return progressRevision;
    }

    /** A progress answer of exactly this revision is part of what is compared. */
    void awaitProgress(long revision) {
        awaitedProgressRevision = revision;
    }

    /** Whether progress answers wait for a watcher whose first revision is after this one. */
    boolean hasWatcherBeyond(long revision) {
        return watchers.values().stream().anyMatch(watcher -> watcher.startRevision > revision);
    }

    boolean isAlive(long watchId) {
        return watchers.containsKey(watchId);
    }

    /** The response to a creation that asked for this start revision. */
    void created(WatchResponse response, long startRevision) {
        if (!response.getCanceled()) {
            if (watchers.put(response.getWatchId(), new Watcher(startRevision)) != null) {
                brokenPromises.add("created a living watcher: " + StepAnswer.print(response));
            }
            ended.remove(response.getWatchId());
        }
        if (!response.getEventsList().isEmpty()) {
            brokenPromises.add("events in a created response: " + StepAnswer.print(response));
        }
    }

    void told(WatchResponse response) {
        responses++;
        if (response.getWatchId() == STREAM_WIDE_ID) {
            toldToAll(response);
            return;
        }
        Watcher watcher = watchers.get(response.getWatchId());
        if (watcher == null && response.getEventsCount() == 0) {
            write(response.getWatchId(), response);
            return;
        }
        if (watcher == null) {
            String when = ended.contains(response.getWatchId()) ? "after its end" : "before its creation";
            brokenPromises.add("watcher is told something " + when + ": " + StepAnswer.print(response));
            return;
        }
        for (Event event : response.getEventsList()) {
            watcher.take(event, response);
            write(response.getWatchId(), event);
        }
        fragments += response.getFragment() ? 1 : 0;
        watcher.lastWasFragment = response.getFragment();
        if (response.getCanceled()) {
            overtaken |= response.getCompactRevision() > 0;
            write(response.getWatchId(), response.toBuilder().clearEvents().build());
            watchers.remove(response.getWatchId());
            ended.add(response.getWatchId());
        }
    }

    /**
     * Whether compaction ended a watcher of the stream; etcd counts it as one that is behind for ever, and tells no
     * progress any more.
     */
    boolean isOvertaken() {
        return overtaken;
    }

    private void toldToAll(WatchResponse response) {
        if (response.getEventsCount() > 0 || response.getCanceled()) {
            brokenPromises.add("neither progress nor a creation, but to all: " + StepAnswer.print(response));
        }
        long revision = response.getHeader().getRevision();
        if (revision < progressRevision) {
            brokenPromises.add("progress went back from " + progressRevision + ": " + StepAnswer.print(response));
        }
        progressRevision = revision;
        watchers.values().forEach(watcher -> watcher.promisedRevision = Math.max(watcher.promisedRevision, revision));
        if (revision == awaitedProgressRevision) {
            awaitedProgressRevision = 0;
            write(STREAM_WIDE_ID, response);
        }
    }

    private void write(long watchId, Message told) {
        toldById.computeIfAbsent(watchId, id -> new ArrayList<>()).add(Normaliser.normalise(told));
    }

    /**
     * What was told since the last time: events, ends and awaited progress, by watch id; broken promises; responses
     * that were fragments.
     */
    record Drained(Map<Long, List<Message>> toldById, List<String> brokenPromises, int fragments) {}

    private final class Watcher {
        private final long startRevision;
        private long lastRevision;
        private long promisedRevision;
        private boolean lastWasFragment;
        private long lastResponseNumber;

        Watcher(long startRevision) {
            this.startRevision = startRevision;
        }

        private void take(Event event, WatchResponse response) {
            long revision = event.getKv().getModRevision();
            boolean sameResponse = responses == lastResponseNumber;
            if (revision < lastRevision || (revision == lastRevision && !sameResponse && !lastWasFragment)) {
                brokenPromises.add("event of revision " + revision + " after one of " + lastRevision + ": "
                        + StepAnswer.print(response));
            }
            if (revision <= promisedRevision) {
                brokenPromises.add(
                        "event after progress " + promisedRevision + " was promised: " + StepAnswer.print(response));
            }
            if (revision < startRevision) {
                brokenPromises.add("event before start revision " + startRevision + ": " + StepAnswer.print(response));
            }
            if (response.getHeader().getRevision() < revision) {
                brokenPromises.add("header is older than its events: " + StepAnswer.print(response));
            }
            lastRevision = revision;
            lastResponseNumber = responses;
        }
    }
}

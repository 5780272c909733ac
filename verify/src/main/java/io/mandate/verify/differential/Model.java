package io.mandate.verify.differential;

import com.google.protobuf.Message;
import io.mandate.etcdapi.CompactionRequest;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrantResponse;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.WatchResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the maker of requests knows of the store, learnt from the left side's answers, so that most requests are
 * meaningful.
 */
final class Model {
    private final List<Long> leases = new ArrayList<>();
    private final Map<Integer, SortedSet<Long>> watchersByStream = new TreeMap<>();
    private final Map<String, Message> answers = new HashMap<>();
    private long revision = 1;
    private long compactedRevision;
    private long leaseChosenByServer;

    long revision() {
        return revision;
    }

    /** 0 if nothing was compacted yet. */
    long compactedRevision() {
        return compactedRevision;
    }

    /** The latest lease that the server found an id for. */
    long leaseChosenByServer() {
        return leaseChosenByServer;
    }

    List<Long> leases() {
        return leases;
    }

    Map<Integer, SortedSet<Long>> watchersByStream() {
        return watchersByStream;
    }

    /** The latest good answer to this call, or of the blocking call of this name. */
    <M extends Message> M answer(String name, Class<M> type) {
        Message answer = answers.get(name);
        if (!type.isInstance(answer)) {
            throw new IllegalStateException("no " + type.getSimpleName() + " to " + name + " was received");
        }
        return type.cast(answer);
    }

    void observe(Step step, StepAnswer answer) {
        revision = Math.max(revision, answer.revision());
        if (step instanceof Step.Call call) {
            answer.messages().forEach(message -> answers.put(call.call().name(), message));
            observeCall(call, answer);
        } else if (step instanceof Step.Finish finish) {
            answer.messages().forEach(message -> answers.put(finish.name(), message));
        } else if (step instanceof Step.WatchOpen open) {
            watchersByStream.put(open.stream(), new TreeSet<>());
        } else if (step instanceof Step.WatchClose close) {
            watchersByStream.remove(close.stream());
        } else if (step instanceof Step.WatchCreate create) {
            answer.message(WatchResponse.class)
                    .filter(created -> created.getCreated() && !created.getCanceled())
                    .ifPresent(created -> watchers(create.stream()).add(created.getWatchId()));
        } else if (step instanceof Step.WatchCancel cancel) {
            watchers(cancel.stream()).remove(cancel.watchId());
        }
    }

    void watcherEnded(int stream, long watchId) {
        SortedSet<Long> watchers = watchersByStream.get(stream);
        if (watchers != null) {
            watchers.remove(watchId);
        }
    }

    private SortedSet<Long> watchers(int stream) {
        return watchersByStream.computeIfAbsent(stream, opened -> new TreeSet<>());
    }

    private void observeCall(Step.Call call, StepAnswer answer) {
        if (!answer.isOk()) {
            return;
        }
        if (call.request() instanceof CompactionRequest compaction) {
            compactedRevision = Math.max(compactedRevision, compaction.getRevision());
        } else if (call.request() instanceof LeaseRevokeRequest revoke) {
            leases.remove(revoke.getID());
        }
        answer.message(LeaseGrantResponse.class).ifPresent(granted -> {
            leases.add(granted.getID());
            if (((LeaseGrantRequest) call.request()).getID() == 0) {
                leaseChosenByServer = granted.getID();
            }
        });
    }
}

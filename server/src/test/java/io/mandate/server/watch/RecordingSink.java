package io.mandate.server.watch;

import io.mandate.keyspace.api.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Records the messages as values, for comparison. */
class RecordingSink implements WatchSink {
    sealed interface Message {}

    record Created(long watchId, long revision) implements Message {}

    record Events(long watchId, long revision, List<Event> events) implements Message {}

    record Progress(long watchId, long revision) implements Message {}

    record StreamProgress(long revision) implements Message {}

    record Canceled(long watchId, long revision) implements Message {}

    record Compacted(long watchId, long compactedRevision) implements Message {}

    final List<Message> messages = new ArrayList<>();
    boolean ready = true;

    <M extends Message> Stream<M> all(Class<M> kind) {
        return messages.stream().filter(kind::isInstance).map(kind::cast);
    }

    List<Long> revisions() {
        return all(Events.class)
                .flatMap(message -> message.events().stream())
                .map(Event::revision)
                .toList();
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public void created(long watchId, long storeRevision) {
        messages.add(new Created(watchId, storeRevision));
    }

    @Override
    public void events(long watchId, long revision, List<Event> events) {
        messages.add(new Events(watchId, revision, List.copyOf(events)));
    }

    @Override
    public void progress(long watchId, long revision) {
        messages.add(new Progress(watchId, revision));
    }

    @Override
    public void streamProgress(long revision) {
        messages.add(new StreamProgress(revision));
    }

    @Override
    public void canceled(long watchId, long storeRevision) {
        messages.add(new Canceled(watchId, storeRevision));
    }

    @Override
    public void compacted(long watchId, long compactedRevision) {
        messages.add(new Compacted(watchId, compactedRevision));
    }
}

package io.mandate.keyspace.codec;

import io.mandate.keyspace.api.KeyValue;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Outcome;
import java.nio.ByteBuffer;

/**
 * Outcomes as bytes: from the leader to the node whose client waits, and in snapshots. As with {@link RequestCodec},
 * the caller leads with a format number of its own. Pure, thread-safe.
 */
public final class OutcomeCodec {
    private static final int REFUSED = 1;
    private static final int RANGED = 2;
    private static final int WRITTEN = 3;
    private static final int WRITTEN_OVER = 4;
    private static final int DELETED = 5;
    private static final int DECIDED = 6;
    private static final int DONE = 7;
    private static final int GRANTED = 8;

    private static final Outcome.Refused.Reason[] REASONS = Outcome.Refused.Reason.values();

    private OutcomeCodec() {}

    /** Bytes that {@link #write} will need. */
    public static int size(Outcome outcome) {
        Sink.Size size = new Sink.Size();
        write(outcome, size);
        return size.size();
    }

    /**
     * Appends {@code outcome} to {@code target}.
     *
     * @throws java.nio.BufferOverflowException if there is no room for {@link #size} bytes
     */
    public static void write(Outcome outcome, ByteBuffer target) {
        write(outcome, new Sink.Into(target));
    }

    /**
     * Takes one outcome off {@code source}, whatever follows it.
     *
     * @throws MalformedDataException if it does not start with an outcome
     */
    public static Outcome read(ByteBuffer source) {
        return read(new Source(source, "outcome"));
    }

    public static void write(Outcome outcome, Sink sink) {
        if (outcome instanceof Outcome.Refused refused) {
            start(sink, REFUSED, outcome);
            sink.choice(refused.reason());
        } else if (outcome instanceof Outcome.Ranged ranged) {
            start(sink, RANGED, outcome);
            sink.list(ranged.keyValues(), OutcomeCodec::keyValue);
            sink.number(ranged.count());
            sink.octet(ranged.more() ? 1 : 0);
        } else if (outcome instanceof Outcome.Written written) {
            KeyValue previous = written.previous();
            start(sink, previous == null ? WRITTEN : WRITTEN_OVER, outcome);
            if (previous != null) {
                keyValue(previous, sink);
            }
        } else if (outcome instanceof Outcome.Deleted deleted) {
            start(sink, DELETED, outcome);
            sink.number(deleted.count());
            sink.list(deleted.previous(), OutcomeCodec::keyValue);
        } else if (outcome instanceof Outcome.Decided decided) {
            start(sink, DECIDED, outcome);
            sink.octet(decided.succeeded() ? 1 : 0);
            sink.list(decided.answers(), OutcomeCodec::write);
        } else if (outcome instanceof Outcome.Done) {
            start(sink, DONE, outcome);
        } else if (outcome instanceof Outcome.Granted granted) {
            start(sink, GRANTED, outcome);
            sink.number(granted.leaseId());
            sink.number(granted.ttlMillis());
        } else {
            throw new AssertionError("no encoding for " + outcome.getClass());
        }
    }

    public static Outcome read(Source in) {
        int tag = in.octet();
        long revision = in.number();
        return switch (tag) {
            case REFUSED -> new Outcome.Refused(revision, in.choice(REASONS));
            case RANGED -> new Outcome.Ranged(revision, in.list(OutcomeCodec::keyValue), in.number(), in.flag());
            case WRITTEN -> new Outcome.Written(revision, null);
            case WRITTEN_OVER -> new Outcome.Written(revision, keyValue(in));
            case DELETED -> new Outcome.Deleted(revision, in.number(), in.list(OutcomeCodec::keyValue));
            case DECIDED ->
                in.nested(inner -> new Outcome.Decided(revision, inner.flag(), inner.list(OutcomeCodec::read)));
            case DONE -> new Outcome.Done(revision);
            case GRANTED -> new Outcome.Granted(revision, in.number(), in.number());
            default -> throw in.malformed("no outcome has tag " + tag);
        };
    }

    private static void start(Sink sink, int tag, Outcome outcome) {
        sink.octet(tag);
        sink.number(outcome.revision());
    }

    private static void keyValue(KeyValue keyValue, Sink sink) {
        sink.bytes(keyValue.key());
        sink.bytes(keyValue.value());
        sink.number(keyValue.createRevision());
        sink.number(keyValue.modRevision());
        sink.number(keyValue.version());
        sink.number(keyValue.leaseId());
    }

    private static KeyValue keyValue(Source in) {
        return new KeyValue(in.bytes(), in.bytes(), in.number(), in.number(), in.number(), in.number());
    }
}

package io.mandate.keyspace.snapshot;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.codec.OutcomeCodec;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.keyspace.codec.Sink;
import io.mandate.keyspace.codec.Source;
import io.mandate.keyspace.dedup.ClientSession;
import io.mandate.keyspace.index.LeaseEntry;
import io.mandate.keyspace.index.Version;
import io.mandate.keyspace.state.State;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds a keyspace from the bytes of a {@link KeyspaceSnapshot}, in whatever pieces they come. Not thread-safe. After
 * an exception the reader is of no more use, and what it built is never seen.
 */
public final class KeyspaceSnapshotReader {
    private final State state;
    private final ByteBuffer frame = ByteBuffer.allocate(SnapshotFormat.FRAME_BYTES_MAX);
    private final Sink.Growing records = new Sink.Growing();
    private final List<ClientSession.Answer> answers = new ArrayList<>();
    private long bytesRead;
    private long frameNumber;
    private long recordCount;
    private boolean preambleRead;
    private @Nullable Header header;
    private boolean ended;

    private record Header(
            long appliedIndex,
            long appliedTerm,
            long revision,
            long compactedRevision,
            long grants,
            long answerStamps) {}

    public KeyspaceSnapshotReader(KeyspaceLimits limits) {
        this.state = new State(limits);
        frame.limit(SnapshotFormat.PREAMBLE_BYTES);
    }

    /**
     * Takes the next bytes.
     *
     * @throws MalformedDataException if they do not go on what came before
     */
    public void accept(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            int size = Math.min(bytes.remaining(), frame.remaining());
            frame.put(frame.position(), bytes, bytes.position(), size).position(frame.position() + size);
            bytes.position(bytes.position() + size);
            bytesRead += size;
            if (!frame.hasRemaining()) {
                filled();
            }
        }
    }

    /**
     * What the keyspace consists of, when everything was accepted.
     *
     * @throws MalformedDataException if the end is missing
     */
    public State finish() {
        Header complete = header;
        if (!ended || complete == null) {
            throw malformed("it is cut off");
        }
        if (frame.position() > 0) {
            throw malformed("something follows its end");
        }
        answers.sort(Comparator.comparingLong(answer -> answer.stamp));
        answers.forEach(state.sessions::restore);
        state.sessions.stamps(complete.answerStamps);
        state.grants(complete.grants);
        state.compactedRevision(complete.compactedRevision);
        state.cutRevision(complete.compactedRevision);
        state.trimmedRevision(complete.compactedRevision);
        state.applied(complete.appliedIndex, complete.appliedTerm);
        state.publish(complete.revision);
        return state;
    }

    /** The preamble, a frame's header, or a whole frame is there. */
    private void filled() {
        if (ended) {
            throw malformed("something follows its end");
        }
        if (!preambleRead) {
            preamble();
            preambleRead = true;
            awaitFrame();
        } else if (frame.limit() == SnapshotFormat.FRAME_HEADER_BYTES) {
            int size = frame.getInt(0);
            if (size < 1 || size > SnapshotFormat.FRAME_BYTES_MAX - SnapshotFormat.FRAME_HEADER_BYTES) {
                throw malformed("a frame has a length of " + size);
            }
            frame.limit(SnapshotFormat.FRAME_HEADER_BYTES + size);
        } else {
            frame();
            awaitFrame();
        }
    }

    private void awaitFrame() {
        frame.clear().limit(SnapshotFormat.FRAME_HEADER_BYTES);
    }

    private void preamble() {
        byte[] magic = new byte[SnapshotFormat.MAGIC.length];
        frame.get(0, magic);
        if (!Arrays.equals(magic, SnapshotFormat.MAGIC)) {
            throw new MalformedDataException("this is not a snapshot of a Mandate keyspace: it starts with "
                    + Bytes.owning(magic) + "; look whether the right file was given");
        }
        int version = frame.getInt(SnapshotFormat.MAGIC.length);
        if (version < 1 || version > SnapshotFormat.VERSION) {
            throw new MalformedDataException("the snapshot has format version " + version + ", this program reads 1 to "
                    + SnapshotFormat.VERSION + "; use the version of Mandate that wrote it, or a later one");
        }
    }

    private void frame() {
        ByteBuffer payload =
                frame.duplicate().position(SnapshotFormat.FRAME_HEADER_BYTES).limit(frame.limit());
        if (frame.getInt(Integer.BYTES) != SnapshotFormat.checksum(frameNumber, payload)) {
            throw malformed("the checksum of frame " + frameNumber + " is wrong");
        }
        frameNumber++;
        records.octets(payload);
        while (records.size() >= Integer.BYTES) {
            ByteBuffer pending = records.written();
            int size = pending.getInt();
            if (size < 1) {
                throw malformed("a record has a length of " + size);
            }
            if (pending.remaining() < size) {
                return;
            }
            record(new Source(pending.limit(pending.position() + size), "snapshot record"));
            records.drop(Integer.BYTES + size);
        }
    }

    /** Version 1; the first version that reads a record otherwise gets a reader of its own beside this. */
    private void record(Source in) {
        int type = in.octet();
        if (type != SnapshotFormat.HEADER && header == null) {
            throw malformed("a record stands before its header");
        }
        switch (type) {
            case SnapshotFormat.HEADER ->
                header = new Header(in.number(), in.number(), in.number(), in.number(), in.number(), in.number());
            case SnapshotFormat.MEMBER -> {
                List<Member> members = new ArrayList<>(state.members());
                members.add(RequestCodec.member(in));
                state.members(members);
            }
            case SnapshotFormat.ALARM -> {
                List<Alarm> alarms = new ArrayList<>(state.alarms());
                alarms.add(RequestCodec.alarm(in));
                state.alarms(alarms);
            }
            case SnapshotFormat.LEASE -> state.leases.put(new LeaseEntry(in.number(), in.number(), in.number()));
            case SnapshotFormat.SESSION -> state.sessions.restore(in.number(), in.number());
            case SnapshotFormat.ANSWER ->
                answers.add(new ClientSession.Answer(in.number(), in.number(), in.number(), OutcomeCodec.read(in)));
            case SnapshotFormat.BASE -> version(in);
            case SnapshotFormat.CHANGE -> state.history.append(version(in));
            case SnapshotFormat.END -> end(in.number());
            default -> throw malformed("no record has type " + type);
        }
        if (!in.isAtEnd()) {
            throw malformed("a record of type " + type + " is longer than its content");
        }
        recordCount++;
    }

    private Version version(Source in) {
        boolean tombstone = in.flag();
        byte[] key = in.array();
        long modRevision = in.number();
        Version older = state.index.head(key);
        byte[] sharedKey = older == null ? key : older.key();
        Version version = tombstone
                ? Version.tombstone(sharedKey, modRevision, older)
                : Version.put(
                        sharedKey, in.array(), modRevision, modRevision - in.number(), in.number(), in.number(), older);
        state.index.push(version);
        state.settle(version);
        return version;
    }

    private void end(long count) {
        if (count != recordCount) {
            throw malformed("it has " + recordCount + " records where it should have " + count);
        }
        ended = true;
    }

    private MalformedDataException malformed(String complaint) {
        return new MalformedDataException("the snapshot is damaged: " + complaint + " (after " + bytesRead
                + " bytes); fetch it again, or take another copy");
    }
}

package io.mandate.server.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import io.mandate.keyspace.MalformedDataException;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.RequestCodec;
import io.mandate.server.raft.transport.PeerVersions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Requests that travel together: as one log entry, or to the leader in one message. Encoded as
 *
 * <pre>
 *   format (1) | count (4) | requests
 * </pre>
 *
 * The format goes with the version of the peer protocol, see {@link #formatOf}: a new command, or a command with
 * another content, is a new version. A batch is encoded in the version that all members speak, so that none has an
 * entry in its log that it cannot read.
 *
 * <p>The engine gives a batch back as the closure of its entry, so the leader applies the requests it already has.
 */
final class RequestBatch implements Closure {
    private static final int HEADER_BYTES = 1 + 4;

    /** Told how a batch ended; exactly one of the methods, once. */
    interface End {
        void applied(RequestBatch batch, List<Outcome> outcomes);

        /** The leader elsewhere has answered for each request. */
        void answered(RequestBatch batch, ByteBuffer answer);

        /** The requests were certainly not appended: they may be tried again. */
        void notAppended(RequestBatch batch, String why);

        /** Nobody knows whether the requests were or will be applied. */
        void unknown(RequestBatch batch, String why);
    }

    private final List<Proposal> proposals;
    private final End end;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicBoolean counted = new AtomicBoolean(true);
    private final long sentNanos = System.nanoTime();

    RequestBatch(List<Proposal> proposals, End end) {
        this.proposals = proposals;
        this.end = end;
    }

    List<Proposal> proposals() {
        return proposals;
    }

    long sentNanos() {
        return sentNanos;
    }

    /** Whether this is the call that ends its being counted as under way. */
    boolean discount() {
        return counted.compareAndSet(true, false);
    }

    List<Request> requests() {
        return proposals.stream().map(proposal -> proposal.request).toList();
    }

    /**
     * The format that nodes of a version of the peer protocol read: version 2 was the first to be told apart, and
     * formats are counted from 1.
     */
    static int formatOf(int version) {
        return version - 1;
    }

    /** @param version of the peer protocol that all who will read it speak */
    ByteBuffer encode(int version) {
        int size = HEADER_BYTES;
        for (Proposal proposal : proposals) {
            size += proposal.bytes;
        }
        ByteBuffer bytes =
                ByteBuffer.allocate(size).put((byte) formatOf(version)).putInt(proposals.size());
        for (Proposal proposal : proposals) {
            RequestCodec.write(proposal.request, bytes);
        }
        return bytes.flip();
    }

    /**
     * What keeps a node that speaks {@code versions} from reading a batch, as far as its beginning tells; leaves the
     * buffer as it is.
     */
    static Optional<String> objectionTo(ByteBuffer bytes, PeerVersions versions) {
        if (bytes.remaining() < HEADER_BYTES) {
            return Optional.of("a batch of " + bytes.remaining() + " bytes");
        }
        int format = bytes.get(bytes.position()) & 0xff;
        if (format < 1 || format > formatOf(versions.highest())) {
            return Optional.of("a batch of format " + format + ", this release reads formats up to "
                    + formatOf(versions.highest()) + ": run the release that wrote it, or a newer one");
        }
        int count = bytes.getInt(bytes.position() + 1);
        if (count < 1 || count > ProposalQueue.BATCH_REQUESTS_MAX) {
            return Optional.of(
                    "a batch of " + count + " requests, there may be 1 to " + ProposalQueue.BATCH_REQUESTS_MAX);
        }
        return Optional.empty();
    }

    /** @throws UnreadableBatchException if a node that speaks {@code versions} cannot read it */
    static List<Request> decode(ByteBuffer bytes, PeerVersions versions) {
        objectionTo(bytes, versions).ifPresent(objection -> {
            throw new UnreadableBatchException(objection);
        });
        bytes.get();
        int count = bytes.getInt();
        List<Request> requests = new ArrayList<>(count);
        try {
            for (int i = 0; i < count; i++) {
                requests.add(RequestCodec.read(bytes));
            }
        } catch (MalformedDataException | IllegalArgumentException malformed) {
            throw new UnreadableBatchException(
                    "request " + requests.size() + " of a batch of " + count + ": " + malformed.getMessage());
        }
        if (bytes.hasRemaining()) {
            throw new UnreadableBatchException(bytes.remaining() + " bytes behind a batch of " + count + " requests");
        }
        return requests;
    }

    void succeed(List<Outcome> outcomes) {
        if (ended.compareAndSet(false, true)) {
            end.applied(this, outcomes);
        }
    }

    /** Ends with what the leader answered for each request, see {@link OutcomesCodec}. */
    void succeedWith(ByteBuffer answer) {
        if (ended.compareAndSet(false, true)) {
            end.answered(this, answer);
        }
    }

    void failUnknown(String why) {
        if (ended.compareAndSet(false, true)) {
            end.unknown(this, why);
        }
    }

    void failNotAppended(String why) {
        if (ended.compareAndSet(false, true)) {
            end.notAppended(this, why);
        }
    }

    /**
     * The engine could not append or lost the entry. Only EBUSY (overloaded, or handing leadership over) says for
     * certain that the entry was not appended; EPERM is said both before an append and of an appended entry when its
     * leader steps down.
     */
    @Override
    public void run(Status status) {
        if (status.getRaftError() == RaftError.EBUSY) {
            failNotAppended(status.getErrorMsg());
        } else if (!status.isOk()) {
            failUnknown(String.valueOf(status.getErrorMsg()));
        }
    }
}

package io.mandate.server.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.server.raft.transport.PeerVersions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Requests that are sent together: as one log entry, or in one message to the leader. Encoded as
 *
 * <pre>
 *   format (1) | count (4) | requests
 * </pre>
 *
 * The version of the peer protocol determines the format, see {@link #formatOf}: a new command, or a changed one, needs
 * a new version. A batch is encoded in the version that all members speak, so that no member has an entry in its log
 * that it cannot read.
 *
 * <p>The engine returns a batch as the closure of its entry, so that the leader applies it without decoding.
 */
final class RequestBatch implements Closure {
    private static final int HEADER_BYTES = 1 + 4;

    /** Notified of the end of a batch; exactly one of the methods is called, once. */
    interface Callback {
        void applied(RequestBatch batch, List<Outcome> outcomes);

        /** The leader on another node has responded for each request. */
        void responded(RequestBatch batch, ByteBuffer response);

        /** The requests were certainly not appended: they may be retried. */
        void notAppended(RequestBatch batch, String reason);

        /** It is unknown whether the requests were or will be applied. */
        void unknown(RequestBatch batch, String reason);
    }

    private final List<Proposal> proposals;
    private final Callback callback;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicBoolean inWindow = new AtomicBoolean(true);
    private final long sentNanos = System.nanoTime();

    RequestBatch(List<Proposal> proposals, Callback callback) {
        this.proposals = proposals;
        this.callback = callback;
    }

    List<Proposal> proposals() {
        return proposals;
    }

    long sentNanos() {
        return sentNanos;
    }

    /** Returns whether this call releases the batch's slot of the window. */
    boolean release() {
        return inWindow.compareAndSet(true, false);
    }

    List<Request> requests() {
        return proposals.stream().map(proposal -> proposal.request).toList();
    }

    /**
     * The format that nodes with a version of the peer protocol read: version 2 was the first one that is
     * distinguishable, and formats are counted from 1.
     */
    static int formatOf(int version) {
        return version - 1;
    }

    /** @param version the version of the peer protocol that all readers speak */
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
     * Returns why a node that speaks {@code versions} cannot read a batch, as far as its header shows; does not change
     * the buffer.
     */
    static Optional<String> rejectionReason(ByteBuffer bytes, PeerVersions versions) {
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
            return Optional.of("a batch of " + count + " requests, expected 1 to " + ProposalQueue.BATCH_REQUESTS_MAX);
        }
        return Optional.empty();
    }

    /** @throws UnreadableBatchException if a node that speaks {@code versions} cannot read the batch */
    static List<Request> decode(ByteBuffer bytes, PeerVersions versions) {
        rejectionReason(bytes, versions).ifPresent(reason -> {
            throw new UnreadableBatchException(reason);
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
            throw new UnreadableBatchException(bytes.remaining() + " bytes after a batch of " + count + " requests");
        }
        return requests;
    }

    void succeed(List<Outcome> outcomes) {
        if (ended.compareAndSet(false, true)) {
            callback.applied(this, outcomes);
        }
    }

    /** Completes with the leader's response for each request, see {@link OutcomesCodec}. */
    void succeedWith(ByteBuffer response) {
        if (ended.compareAndSet(false, true)) {
            callback.responded(this, response);
        }
    }

    void failUnknown(String reason) {
        if (ended.compareAndSet(false, true)) {
            callback.unknown(this, reason);
        }
    }

    void failNotAppended(String reason) {
        if (ended.compareAndSet(false, true)) {
            callback.notAppended(this, reason);
        }
    }

    /**
     * Called by the engine if it did not append, or lost, the entry. Only EBUSY (overloaded, or transferring
     * leadership) means for certain that the entry was not appended; EPERM is returned both before an append and for an
     * appended entry when its leader steps down.
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

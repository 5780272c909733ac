package io.mandate.server.raft;

import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.codec.OutcomeCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader's response to forwarded requests: for each, in order, its outcome or the kind of its failure.
 *
 * <pre>
 *   state (1): accepted or not leader | per request: 0 | outcome      or: the kind's code
 * </pre>
 */
final class OutcomesCodec {
    private static final Logger LOG = LoggerFactory.getLogger(OutcomesCodec.class);

    static final byte ACCEPTED = 0;
    static final byte NOT_LEADER = 1;

    private OutcomesCodec() {}

    static byte[] notLeader() {
        return new byte[] {NOT_LEADER};
    }

    /** Encodes the outcomes of {@code proposals}, all of which are complete. */
    static byte[] write(List<Proposal> proposals) {
        int size = 1;
        for (Proposal proposal : proposals) {
            Outcome outcome = outcomeOf(proposal.outcome);
            size += 1 + (outcome == null ? 0 : OutcomeCodec.size(outcome));
        }
        ByteBuffer bytes = ByteBuffer.allocate(size).put(ACCEPTED);
        for (Proposal proposal : proposals) {
            Outcome outcome = outcomeOf(proposal.outcome);
            if (outcome == null) {
                bytes.put((byte) failureOf(proposal.outcome).code());
            } else {
                bytes.put((byte) 0);
                OutcomeCodec.write(outcome, bytes);
            }
        }
        return bytes.array();
    }

    /** Completes {@code proposals} with the leader's outcomes; the outcome of those that cannot be read is unknown. */
    static void read(ByteBuffer bytes, List<Proposal> proposals) {
        try {
            for (Proposal proposal : proposals) {
                byte state = bytes.get();
                if (state == 0) {
                    proposal.outcome.complete(OutcomeCodec.read(bytes));
                } else {
                    proposal.fail(ReplicationException.Kind.ofCode(state), "the leader failed the request");
                }
            }
        } catch (BufferUnderflowException | IllegalArgumentException | MalformedDataException unreadable) {
            String why = "the leader's response cannot be read: " + unreadable;
            LOG.warn("answer-unreadable requests={} cause=\"{}\"", proposals.size(), why);
            proposals.forEach(proposal -> proposal.fail(ReplicationException.Kind.LEADER_CHANGED, why));
        }
    }

    private static @Nullable Outcome outcomeOf(CompletableFuture<Outcome> future) {
        return future.isCompletedExceptionally() ? null : future.join();
    }

    private static ReplicationException.Kind failureOf(CompletableFuture<Outcome> future) {
        try {
            future.join();
            throw new AssertionError("the proposal did not fail");
        } catch (CompletionException failed) {
            return failed.getCause() instanceof ReplicationException known
                    ? known.kind()
                    : ReplicationException.Kind.LEADER_CHANGED;
        }
    }
}

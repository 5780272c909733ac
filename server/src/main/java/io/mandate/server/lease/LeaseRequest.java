package io.mandate.server.lease;

import io.mandate.server.raft.Replica.LeaderCall;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A request about one lease. It is completed once, by the keeper's thread or when the keeper ends. */
abstract sealed class LeaseRequest {
    final long leaseId;
    final LeaderCall kind;

    /**
     * Until when the request may be retried after a leader was lost; in {@link SuspensionAwareClock}'s time, set when
     * the keeper accepts the request.
     */
    long retryDeadlineNanos;

    private LeaseRequest(long leaseId, LeaderCall kind) {
        this.leaseId = leaseId;
        this.kind = kind;
    }

    /**
     * Whether a client of this node made the request. A local request may be sent to another node, and retried; a
     * peer's request is retried by that peer.
     */
    abstract boolean isLocal();

    abstract void complete(LeaseTime time);

    abstract void fail(Throwable failure);

    /** A request that a client of this node made. */
    static final class Local extends LeaseRequest {
        final CompletableFuture<LeaseTime> response = new CompletableFuture<>();

        Local(long leaseId, LeaderCall kind) {
            super(leaseId, kind);
        }

        @Override
        boolean isLocal() {
            return true;
        }

        @Override
        void complete(LeaseTime time) {
            response.complete(time);
        }

        @Override
        void fail(Throwable failure) {
            response.completeExceptionally(failure);
        }
    }

    /** One of the requests in another node's message, which is answered when all of them are complete. */
    static final class Peer extends LeaseRequest {
        private final PeerMessage message;
        private final int index;

        private Peer(long leaseId, LeaderCall kind, PeerMessage message, int index) {
            super(leaseId, kind);
            this.message = message;
            this.index = index;
        }

        @Override
        boolean isLocal() {
            return false;
        }

        @Override
        void complete(LeaseTime time) {
            message.complete(index, time);
        }

        @Override
        void fail(Throwable failure) {
            message.response.completeExceptionally(failure);
        }
    }

    /** A message from another node. */
    static final class PeerMessage {
        final CompletableFuture<byte[]> response = new CompletableFuture<>();
        final List<LeaseRequest> requests;
        private final LeaseTime[] times;
        private int incomplete;

        PeerMessage(List<Long> leaseIds, LeaderCall kind) {
            LeaseRequest[] batch = new LeaseRequest[leaseIds.size()];
            Arrays.setAll(batch, index -> new Peer(leaseIds.get(index), kind, this, index));
            this.requests = List.of(batch);
            this.times = new LeaseTime[batch.length];
            this.incomplete = batch.length;
        }

        private void complete(int index, LeaseTime time) {
            times[index] = time;
            incomplete--;
            if (incomplete == 0) {
                response.complete(LeaseTimesCodec.encodeResponse(Arrays.asList(times)));
            }
        }
    }
}

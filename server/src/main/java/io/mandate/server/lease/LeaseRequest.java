package io.mandate.server.lease;

import io.mandate.server.raft.Replica.LeaderCall;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One question about one lease, waiting for its answer. Answered once, by the keeper's thread or when the keeper ends.
 */
abstract sealed class LeaseRequest {
    final long leaseId;
    final LeaderCall kind;

    /**
     * Until when a question may be asked anew after a leader was lost; in {@link SuspensionAwareClock}, set when the
     * keeper takes it in.
     */
    long giveUpNanos;

    private LeaseRequest(long leaseId, LeaderCall kind) {
        this.leaseId = leaseId;
        this.kind = kind;
    }

    /**
     * Whether it may go to another node, and again if that fails. What another node asked is that node's to ask again.
     */
    abstract boolean isOurs();

    abstract void answer(LeaseTime time);

    abstract void fail(Throwable failure);

    /** A question asked on this node. */
    static final class Own extends LeaseRequest {
        final CompletableFuture<LeaseTime> answer = new CompletableFuture<>();

        Own(long leaseId, LeaderCall kind) {
            super(leaseId, kind);
        }

        @Override
        boolean isOurs() {
            return true;
        }

        @Override
        void answer(LeaseTime time) {
            answer.complete(time);
        }

        @Override
        void fail(Throwable failure) {
            answer.completeExceptionally(failure);
        }
    }

    /** One of the questions in another node's message, which is answered when all of them are. */
    static final class OfPeer extends LeaseRequest {
        private final Message message;
        private final int place;

        private OfPeer(long leaseId, LeaderCall kind, Message message, int place) {
            super(leaseId, kind);
            this.message = message;
            this.place = place;
        }

        @Override
        boolean isOurs() {
            return false;
        }

        @Override
        void answer(LeaseTime time) {
            message.answered(place, time);
        }

        @Override
        void fail(Throwable failure) {
            message.answer.completeExceptionally(failure);
        }
    }

    /** Another node's message. */
    static final class Message {
        final CompletableFuture<byte[]> answer = new CompletableFuture<>();
        final List<LeaseRequest> questions;
        private final LeaseTime[] times;
        private int left;

        Message(List<Long> leaseIds, LeaderCall kind) {
            LeaseRequest[] asked = new LeaseRequest[leaseIds.size()];
            Arrays.setAll(asked, place -> new OfPeer(leaseIds.get(place), kind, this, place));
            this.questions = List.of(asked);
            this.times = new LeaseTime[asked.length];
            this.left = asked.length;
        }

        private void answered(int place, LeaseTime time) {
            times[place] = time;
            left--;
            if (left == 0) {
                answer.complete(LeaseTimesCodec.answer(Arrays.asList(times)));
            }
        }
    }
}

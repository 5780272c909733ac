package io.mandate.election;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A campaign for a term that is handed to whoever asked for it. */
final class HeldCampaign extends Campaign {
    private final Candidate candidate;
    private final CompletableFuture<Leadership> result = new CompletableFuture<>();

    HeldCampaign(Candidate candidate) {
        super(candidate.threads());
        this.candidate = candidate;
        result.whenComplete((leadership, failure) -> {
            if (result.isCancelled()) {
                candidate.abandon(this);
            }
        });
    }

    CompletableFuture<Leadership> result() {
        return result;
    }

    @Override
    void began(HeldTerm term) {
        AtomicBoolean released = new AtomicBoolean();
        Leadership leadership = new Leadership(
                term,
                () -> {
                    if (released.compareAndSet(false, true)) {
                        candidate.workReturned(true);
                    }
                },
                left());
        candidate.workers().execute(() -> {
            if (!result.complete(leadership)) {
                // Whoever asked does not wait any more.
                leadership.release();
            }
        });
    }

    @Override
    void ended() {
        // The holder looks at the term, and closes.
    }

    @Override
    void drainOverdue() {
        // There is no thread to interrupt.
    }

    @Override
    void tell() {
        result.completeExceptionally(new CancellationException("the candidate left the election before it led"));
    }
}

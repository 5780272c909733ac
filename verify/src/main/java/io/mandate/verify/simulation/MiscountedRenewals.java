package io.mandate.verify.simulation;

import io.mandate.election.internal.time.Moment;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.LeaseStore;
import io.mandate.testkit.ForwardingStore;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Makes a holder count from the answer: each renewal is said to last for as much longer as its answer took. The session
 * adds that to when it sent the request.
 */
final class MiscountedRenewals extends ForwardingStore {
    private final Scheduler clocks;

    MiscountedRenewals(LeaseStore inner, Scheduler clocks) {
        super(inner);
        this.clocks = clocks;
    }

    @Override
    public CompletionStage<Optional<Long>> renew(long leaseId) {
        Moment sent = clocks.now();
        return inner.renew(leaseId)
                .thenApply(ttl -> ttl.map(millis -> millis + clocks.now().nanosSince(sent) / 1_000_000));
    }
}

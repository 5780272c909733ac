package io.mandate.election.internal.driver;

import io.mandate.election.TermListener;
import io.mandate.election.internal.session.SessionOptions;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * What a builder described, checked. Does not change when the builder goes on to describe something else.
 *
 * @param scheduler null for the real one
 * @param seed of what is random, if this is the first use of its loop
 */
public record ElectionSettings(
        LeaseStore store,
        SessionOptions session,
        ElectionOptions options,
        UserCodeExecutor workers,
        TermListener listener,
        @Nullable Scheduler scheduler,
        long seed) {

    public ElectionSettings withoutHistory() {
        return new ElectionSettings(store, session, options.withoutHistory(), workers, listener, scheduler, seed);
    }
}

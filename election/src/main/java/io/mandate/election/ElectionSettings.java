package io.mandate.election;

import io.mandate.election.session.SessionOptions;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.time.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * What a builder described, checked. Does not change when the builder goes on to describe something else.
 *
 * @param scheduler null for the real one
 * @param seed of what is random, if this is the first use of its loop
 */
record ElectionSettings(
        LeaseStore store,
        SessionOptions session,
        ElectionOptions options,
        UserCodeExecutor workers,
        TermListener listener,
        @Nullable Scheduler scheduler,
        long seed) {

    ElectionSettings withoutHistory() {
        return new ElectionSettings(store, session, options.withoutHistory(), workers, listener, scheduler, seed);
    }
}

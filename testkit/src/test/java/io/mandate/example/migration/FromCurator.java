package io.mandate.example.migration;

import io.mandate.election.Election;
import io.mandate.election.store.LeaseStore;
import java.time.Duration;

final class FromCurator {
    private FromCurator() {}

    /** Was: LeaderSelector with a LeaderSelectorListener whose takeLeadership does the work. */
    static void lead(LeaseStore store, String host, Runnable step) throws InterruptedException {
        try (Election election =
                Election.on(store).name("reports").candidate(host).join()) {
            election.runWhileLeading(term -> {
                while (!term.resignRequested().isDone()) {
                    term.requireValid(Duration.ofMillis(200));
                    step.run();
                }
            });
        }
    }
}

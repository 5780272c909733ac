package io.mandate.example.migration;

import io.mandate.election.Election;
import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermListener;
import io.mandate.election.store.LeaseStore;
import java.time.Duration;

final class FromKubernetesClient {
    private FromKubernetesClient() {}

    /** Was: LeaderElectionConfig with lease duration, renew deadline, onStartLeading and onStopLeading. */
    static Election candidate(LeaseStore store, String pod, Runnable onStartLeading, Runnable onStopLeading) {
        return Election.on(store)
                .name("controller")
                .candidate(pod)
                .ttl(Duration.ofSeconds(15))
                .listener(new TermListener() {
                    @Override
                    public void began(Term term) {
                        onStartLeading.run();
                    }

                    @Override
                    public void ended(Term term, TermEnd why) {
                        onStopLeading.run();
                    }
                })
                .join();
    }
}

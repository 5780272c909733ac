package io.mandate.example.migration;

import io.mandate.election.Election;
import io.mandate.election.Leadership;
import io.mandate.election.store.LeaseStore;
import java.util.concurrent.CompletableFuture;

final class FromJetcd {
    private FromJetcd() {}

    /** Was: leaseClient.grant, keepAlive and electionClient.campaign(name, leaseId, value). */
    static CompletableFuture<Long> campaign(LeaseStore store, String host) {
        Election election = Election.on(store).name("jobs").candidate(host).join();
        CompletableFuture<Leadership> leading = election.lead();
        return leading.thenApply(leadership -> {
            leadership.term().ended().thenAccept(why -> election.closeAsync());
            return leadership.term().token();
        });
    }
}

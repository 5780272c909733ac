package io.mandate.verify.election;

import io.mandate.cli.demo.Ledger;
import io.mandate.election.Term;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.LeaseStore;
import java.util.concurrent.ExecutionException;

/** A ledger in a key, written by whoever believes that it leads: upon whatever is there. */
record PlainStoreLedger(LeaseStore store, String key) implements Ledger {
    @Override
    public Seen read() throws ExecutionException, InterruptedException {
        return StoreLedger.seen(store.read(key).toCompletableFuture().get());
    }

    @Override
    public boolean append(Term term, Seen seen, String line) throws ExecutionException, InterruptedException {
        String present = read().version();
        return store.compareAndSet(key, Long.parseLong(present), seen.with(line), 0)
                        .toCompletableFuture()
                        .get()
                instanceof CasResult.Written;
    }
}
